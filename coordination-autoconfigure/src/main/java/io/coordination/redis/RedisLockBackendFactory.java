package io.coordination.redis;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;

/**
 * Opens locks in Redis, over connections of their own that lead where the application's
 * connection factory leads. The factory itself is neither used for commands nor closed.
 * Safe for use by many threads.
 */
public final class RedisLockBackendFactory implements LockBackendFactory {

	static final String ID = "redis";

	private final LettuceConnectionFactory connectionFactory;

	private final RedisLockSettings settings;

	/**
	 * The highest revision that any backend of this factory has seen: it outlives a lost
	 * server and a restart.
	 */
	private final AtomicLong seen = new AtomicLong();

	/**
	 * Makes a factory.
	 * @param connectionFactory tells where Redis is and how to get in
	 * @param settings the times
	 */
	public RedisLockBackendFactory(LettuceConnectionFactory connectionFactory, RedisLockSettings settings) {
		this.connectionFactory = Objects.requireNonNull(connectionFactory, "'connectionFactory' must not be null");
		this.settings = Objects.requireNonNull(settings, "'settings' must not be null");
	}

	@Override
	public String id() {
		return ID;
	}

	@Override
	public LockBackend open(BackendListener listener) {
		return new RedisLockBackend(RedisClients.open(this.connectionFactory, this.settings.commandTimeout()), listener,
				this.settings, this.seen, new ServerClock(System::nanoTime));
	}

}
