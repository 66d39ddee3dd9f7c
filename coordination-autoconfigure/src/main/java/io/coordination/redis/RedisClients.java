package io.coordination.redis;

import java.lang.reflect.Field;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.event.DefaultEventPublisherOptions;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;

/**
 * Makes a client of our own from what the application configured for its: the same
 * server, credentials and TLS, but other rules for commands. A command is never repeated
 * by the client, is refused while there is no connection, and fails after our own
 * time-out.
 */
final class RedisClients {

	private static final Duration FIRST_RECONNECT = Duration.ofMillis(20);

	private static final Duration LAST_RECONNECT = Duration.ofSeconds(1);

	private RedisClients() {
	}

	/**
	 * A client, and the resources that end with it.
	 *
	 * @param client the client
	 * @param uri where it connects to
	 * @param resources the resources of the client: of its own, or borrowed
	 */
	record Opened(RedisClient client, RedisURI uri, ClientResources resources) {

		void close() {
			this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
			this.resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3000);
		}

	}

	static Opened open(LettuceConnectionFactory factory, Duration commandTimeout) {
		LettuceClientConfiguration configuration = factory.getClientConfiguration();
		RedisURI uri = uri(factory, configuration, commandTimeout);
		ClientResources resources = resources(configuration.getClientResources());
		RedisClient client = RedisClient.create(resources, uri);
		client.setOptions(options(configuration, commandTimeout));
		return new Opened(client, uri, resources);
	}

	/**
	 * Resources of our own that borrow what the application's have: shutting them down
	 * ends nothing that is borrowed. A mutated copy would not do. It owns what it copied,
	 * so that it can neither be shut down nor dropped without a warning.
	 */
	private static ClientResources resources(Optional<ClientResources> shared) {
		DefaultClientResources.Builder builder = DefaultClientResources.builder()
			.reconnectDelay(Delay.exponential(FIRST_RECONNECT, LAST_RECONNECT, 2, TimeUnit.MILLISECONDS));
		shared.ifPresent((base) -> {
			builder.eventLoopGroupProvider(base.eventLoopGroupProvider())
				.eventExecutorGroup(base.eventExecutorGroup())
				.timer(base.timer())
				.eventBus(base.eventBus())
				.commandLatencyRecorder(base.commandLatencyRecorder())
				.commandLatencyPublisherOptions(DefaultEventPublisherOptions.disabled())
				.addressResolverGroup(base.addressResolverGroup())
				.nettyCustomizer(base.nettyCustomizer())
				.tracing(base.tracing());
			builder.socketAddressResolver(base.socketAddressResolver());
		});
		return builder.build();
	}

	private static ClientOptions options(LettuceClientConfiguration configuration, Duration commandTimeout) {
		ClientOptions base = configuration.getClientOptions().orElseGet(ClientOptions::create);
		return base.mutate()
			.autoReconnect(true)
			.replayFilter((command) -> true)
			.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
			.socketOptions(base.getSocketOptions().mutate().connectTimeout(commandTimeout).build())
			.timeoutOptions(TimeoutOptions.enabled(commandTimeout))
			.build();
	}

	private static RedisURI uri(LettuceConnectionFactory factory, LettuceClientConfiguration configuration,
			Duration commandTimeout) {
		RedisConfiguration server = server(factory);
		RedisURI.Builder builder;
		if (server instanceof RedisConfiguration.WithDomainSocket socket) {
			builder = RedisURI.Builder.socket(socket.getSocket());
		}
		else if (server instanceof RedisConfiguration.WithHostAndPort address) {
			builder = RedisURI.Builder.redis(address.getHostName(), address.getPort())
				.withSsl(configuration.isUseSsl())
				.withVerifyPeer(configuration.getVerifyMode())
				.withStartTls(configuration.isStartTls());
		}
		else {
			throw new IllegalArgumentException("Locks in Redis need one server for now: the connection factory is for "
					+ kind(server) + ". Give the locks a factory of their own, marked with @CoordinationRedis");
		}
		authenticate(builder, server);
		configuration.getRedisCredentialsProviderFactory()
			.ifPresent((credentials) -> builder.withAuthentication(credentials.createCredentialsProvider(server)));
		configuration.getClientName().ifPresent(builder::withClientName);
		return builder.withDatabase(factory.getDatabase()).withTimeout(commandTimeout).build();
	}

	/**
	 * What the factory connects to. Of the configuration that it was made with, it gives
	 * away only some kinds; for the others it answers with the default, which is another
	 * server.
	 */
	private static RedisConfiguration server(LettuceConnectionFactory factory) {
		Field field = ReflectionUtils.findField(LettuceConnectionFactory.class, "configuration",
				RedisConfiguration.class);
		if (field != null) {
			ReflectionUtils.makeAccessible(field);
			if (ReflectionUtils.getField(field, factory) instanceof RedisConfiguration configuration) {
				return configuration;
			}
		}
		return Stream
			.<@Nullable RedisConfiguration>of(factory.getClusterConfiguration(), factory.getSentinelConfiguration(),
					factory.getSocketConfiguration())
			.filter(Objects::nonNull)
			.findFirst()
			.orElseGet(factory::getStandaloneConfiguration);
	}

	private static String kind(RedisConfiguration server) {
		if (RedisConfiguration.isClusterConfiguration(server)) {
			return "a cluster";
		}
		if (RedisConfiguration.isSentinelConfiguration(server)) {
			return "Sentinel";
		}
		return RedisConfiguration.isStaticMasterReplicaConfiguration(server) ? "a master and its replicas"
				: server.getClass().getName();
	}

	private static void authenticate(RedisURI.Builder builder, RedisConfiguration server) {
		String username = RedisConfiguration.getUsernameOrElse(server, () -> null);
		RedisPassword password = RedisConfiguration.getPasswordOrElse(server, RedisPassword::none);
		if (StringUtils.hasText(username)) {
			builder.withAuthentication(username, new String(password.toOptional().orElse(new char[0])));
		}
		else {
			password.toOptional().ifPresent(builder::withPassword);
		}
	}

}
