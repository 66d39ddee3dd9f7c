package io.coordination.redis;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

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

	private final Supplier<Source> source;

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
		Source given = new Source(connectionFactory, settings);
		this.source = () -> given;
	}

	RedisLockBackendFactory(Supplier<Source> source) {
		this.source = source;
	}

	@Override
	public String id() {
		return ID;
	}

	@Override
	public LockBackend open(BackendListener listener) {
		Source chosen = this.source.get();
		RedisLockSettings settings = chosen.settings();
		return new RedisLockBackend(RedisClients.open(chosen.connectionFactory(), settings.commandTimeout()), listener,
				settings, this.seen, new ServerClock(System::nanoTime));
	}

	/**
	 * Where connections come from.
	 *
	 * @param connectionFactory tells where Redis is and how to get in
	 * @param settings the times
	 */
	record Source(LettuceConnectionFactory connectionFactory, RedisLockSettings settings) {

		Source {
			Objects.requireNonNull(connectionFactory, "'connectionFactory' must not be null");
			Objects.requireNonNull(settings, "'settings' must not be null");
		}

	}

}
