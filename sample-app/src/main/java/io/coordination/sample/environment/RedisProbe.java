package io.coordination.sample.environment;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what listens on a port of this machine.
 */
final class RedisProbe {

	private static final Duration TIMEOUT = Duration.ofSeconds(2);

	private final RedisClient client;

	RedisProbe(RedisClient client) {
		this.client = client;
		client.setOptions(ClientOptions.builder()
			.autoReconnect(false)
			.socketOptions(SocketOptions.builder().connectTimeout(TIMEOUT).build())
			.build());
	}

	/**
	 * Connects to a Redis.
	 * @param port the port
	 * @return the connection, or {@code null} if nothing listens there, or something that
	 * is no Redis or wants a password
	 */
	@Nullable StatefulRedisConnection<String, String> connect(int port) {
		StatefulRedisConnection<String, String> connection = null;
		try {
			connection = this.client
				.connect(RedisURI.builder().withHost("127.0.0.1").withPort(port).withTimeout(TIMEOUT).build());
			connection.sync().ping();
			return connection;
		}
		catch (RedisException ex) {
			if (connection != null) {
				connection.close();
			}
			return null;
		}
	}

	/**
	 * Connects to the Redis that an instance of the sample started.
	 * @param port the port
	 * @param directory the directory it was started in
	 * @return the connection, or {@code null} if no such Redis listens there
	 */
	@Nullable StatefulRedisConnection<String, String> connect(int port, Path directory) {
		StatefulRedisConnection<String, String> connection = connect(port);
		if (connection != null && !worksIn(connection, directory)) {
			connection.close();
			return null;
		}
		return connection;
	}

	private static boolean worksIn(StatefulRedisConnection<String, String> connection, Path directory) {
		try {
			Map<String, String> answer = connection.sync().configGet("dir");
			String dir = answer.get("dir");
			return dir != null && Path.of(dir).toRealPath().equals(directory.toRealPath());
		}
		catch (RedisException | IOException ex) {
			return false;
		}
	}

}
