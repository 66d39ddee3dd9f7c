package io.coordination.redis;

import java.lang.reflect.Field;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.NamedNode;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisNode;
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
	 * @param seeds the nodes of the cluster that were configured, {@code host:port}, or
	 * empty if it is none
	 */
	record Opened(RedisClient client, RedisURI uri, ClientResources resources, List<String> seeds) {

		/**
		 * The same client for another node.
		 */
		Opened at(String address) {
			int colon = address.lastIndexOf(':');
			RedisURI node = RedisURI.builder(this.uri)
				.withHost(address.substring(0, colon))
				.withPort(Integer.parseInt(address.substring(colon + 1)))
				.build();
			return new Opened(this.client, node, this.resources, this.seeds);
		}

		/**
		 * Whether sentinels say where to connect to.
		 */
		boolean isSentinel() {
			return !this.uri.getSentinels().isEmpty();
		}

		void close() {
			this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
			this.resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3000);
		}

	}

	static Opened open(LettuceConnectionFactory factory, Duration commandTimeout) {
		LettuceClientConfiguration configuration = factory.getClientConfiguration();
		RedisConfiguration server = server(factory);
		RedisURI uri = uri(server, factory, configuration, commandTimeout);
		ClientResources resources = resources(configuration.getClientResources());
		RedisClient client = RedisClient.create(resources, uri);
		client.setOptions(options(configuration, commandTimeout));
		return new Opened(client, uri, resources, seeds(server));
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

	private static List<String> seeds(RedisConfiguration server) {
		if (!(server instanceof RedisConfiguration.ClusterConfiguration cluster)) {
			return List.of();
		}
		return cluster.getClusterNodes().stream().map((node) -> node.getHost() + ":" + node.getPort()).toList();
	}

	private static RedisURI uri(RedisConfiguration server, LettuceConnectionFactory factory,
			LettuceClientConfiguration configuration, Duration commandTimeout) {
		RedisURI.Builder builder;
		if (server instanceof RedisConfiguration.WithDomainSocket socket) {
			builder = RedisURI.Builder.socket(socket.getSocket());
		}
		else if (server instanceof RedisConfiguration.WithHostAndPort address) {
			builder = secure(RedisURI.Builder.redis(address.getHostName(), address.getPort()), configuration);
		}
		else if (server instanceof RedisConfiguration.ClusterConfiguration cluster
				&& !cluster.getClusterNodes().isEmpty()) {
			RedisNode first = cluster.getClusterNodes().iterator().next();
			builder = secure(RedisURI.Builder.redis(String.valueOf(first.getHost()), port(first)), configuration);
		}
		else if (server instanceof RedisConfiguration.SentinelConfiguration sentinel) {
			builder = secure(sentinels(sentinel, configuration, commandTimeout), configuration);
		}
		else {
			throw new IllegalArgumentException(
					"Locks in Redis need one server, Sentinel or a cluster: the connection factory is for "
							+ kind(server) + ". Give the locks a factory of their own, marked with @CoordinationRedis");
		}
		authenticate(builder, server);
		configuration.getRedisCredentialsProviderFactory()
			.ifPresent((credentials) -> builder.withAuthentication(credentials.createCredentialsProvider(server)));
		configuration.getClientName().ifPresent(builder::withClientName);
		if (!RedisConfiguration.isClusterConfiguration(server)) {
			builder.withDatabase(factory.getDatabase());
		}
		return builder.withTimeout(commandTimeout).build();
	}

	private static RedisURI.Builder secure(RedisURI.Builder builder, LettuceClientConfiguration configuration) {
		return builder.withSsl(configuration.isUseSsl())
			.withVerifyPeer(configuration.getVerifyMode())
			.withStartTls(configuration.isStartTls());
	}

	/**
	 * The client asks the sentinels for the master whenever it connects.
	 */
	private static RedisURI.Builder sentinels(RedisConfiguration.SentinelConfiguration server,
			LettuceClientConfiguration configuration, Duration commandTimeout) {
		NamedNode master = server.getMaster();
		if (master == null || master.getName() == null) {
			throw new IllegalArgumentException("Sentinel needs the name of the master");
		}
		RedisURI.Builder builder = RedisURI.builder().withSentinelMasterId(master.getName());
		for (RedisNode node : server.getSentinels()) {
			RedisURI.Builder sentinel = secure(RedisURI.Builder.redis(String.valueOf(node.getHost()), port(node)),
					configuration)
				.withTimeout(commandTimeout);
			char[] password = server.getSentinelPassword().toOptional().orElse(new char[0]);
			if (StringUtils.hasText(server.getSentinelUsername())) {
				sentinel.withAuthentication(server.getSentinelUsername(), password);
			}
			else if (password.length > 0) {
				sentinel.withPassword(password);
			}
			builder.withSentinel(sentinel.build());
		}
		return builder;
	}

	private static int port(RedisNode node) {
		Integer port = node.getPort();
		return (port != null) ? port : RedisURI.DEFAULT_REDIS_PORT;
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
