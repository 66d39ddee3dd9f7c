package io.coordination.redis;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.junit.jupiter.api.AfterEach;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.LockBackendContract;
import io.coordination.backend.LockBackendFactory;

/**
 * The contract on a real Redis.
 */
class RedisLockBackendTests extends LockBackendContract {

	private final List<LettuceConnectionFactory> connections = new CopyOnWriteArrayList<>();

	@Override
	protected LockBackendFactory newFactory() {
		LettuceConnectionFactory factory = RedisServer.shared().connectionFactory();
		this.connections.add(factory);
		return new RedisLockBackendFactory(factory, RedisLockSettings.defaults());
	}

	@AfterEach
	void closeConnections() {
		this.connections.forEach(LettuceConnectionFactory::destroy);
	}

}
