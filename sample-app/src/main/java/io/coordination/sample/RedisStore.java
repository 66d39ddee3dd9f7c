package io.coordination.sample;

import java.util.Properties;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.stereotype.Component;

/**
 * Locks in Redis.
 */
@Component
@ConditionalOnProperty(name = "coordination.backend", havingValue = "redis")
class RedisStore implements LockStore {

	private final RedisConnectionFactory redis;

	RedisStore(RedisConnectionFactory redis) {
		this.redis = redis;
	}

	@Override
	public String id() {
		try (RedisConnection connection = this.redis.getConnection()) {
			Properties info = connection.serverCommands().info("server");
			return (info != null) ? info.getProperty("run_id", UNKNOWN) : UNKNOWN;
		}
	}

}
