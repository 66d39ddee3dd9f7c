package io.coordination.redis;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisSocketConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TimeoutOptions;
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
	 * @param ownResources the resources it does not share with the application, if it has
	 * any
	 */
	record Opened(RedisClient client, RedisURI uri, Optional<ClientResources> ownResources) {

		void close() {
			this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
			this.ownResources
				.ifPresent((resources) -> resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3000));
		}

	}

	static Opened open(LettuceConnectionFactory factory, Duration commandTimeout) {
		LettuceClientConfiguration configuration = factory.getClientConfiguration();
		Delay delay = Delay.exponential(FIRST_RECONNECT, LAST_RECONNECT, 2, TimeUnit.MILLISECONDS);
		Optional<ClientResources> shared = configuration.getClientResources();
		ClientResources resources = shared.map((base) -> base.mutate().reconnectDelay(delay).build())
			.orElseGet(() -> DefaultClientResources.builder().reconnectDelay(delay).build());
		RedisURI uri = uri(factory, configuration, commandTimeout);
		RedisClient client = RedisClient.create(resources, uri);
		client.setOptions(options(configuration, commandTimeout));
		return new Opened(client, uri, shared.isPresent() ? Optional.empty() : Optional.of(resources));
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
		if (factory.isClusterAware() || factory.isRedisSentinelAware()) {
			throw new IllegalArgumentException("Locks in Redis need one server for now: the connection factory is "
					+ (factory.isClusterAware() ? "for a cluster" : "for Sentinel")
					+ ". Give the locks a factory of their own, marked with @CoordinationRedis");
		}
		RedisSocketConfiguration socket = factory.getSocketConfiguration();
		RedisURI uri;
		if (socket != null) {
			uri = RedisURI.Builder.socket(socket.getSocket()).build();
			credentials(uri, socket.getUsername(), socket.getPassword());
			uri.setDatabase(socket.getDatabase());
		}
		else {
			RedisStandaloneConfiguration standalone = factory.getStandaloneConfiguration();
			uri = RedisURI.Builder.redis(standalone.getHostName(), standalone.getPort()).build();
			credentials(uri, standalone.getUsername(), standalone.getPassword());
			uri.setDatabase(standalone.getDatabase());
		}
		uri.setSsl(configuration.isUseSsl());
		uri.setVerifyPeer(configuration.getVerifyMode());
		uri.setStartTls(configuration.isStartTls());
		uri.setTimeout(commandTimeout);
		configuration.getClientName().ifPresent(uri::setClientName);
		return uri;
	}

	private static void credentials(RedisURI uri, @Nullable String username, RedisPassword password) {
		password.toOptional()
			.ifPresent((secret) -> uri
				.setCredentialsProvider(RedisCredentialsProvider.from(() -> RedisCredentials.just(username, secret))));
	}

}
