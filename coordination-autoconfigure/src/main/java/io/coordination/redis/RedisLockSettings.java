package io.coordination.redis;

import java.time.Duration;

/**
 * The times of locks in Redis.
 *
 * @param commandTimeout the time after which a command without an answer has failed; also
 * the longest time to connect
 * @param grantLease the lease that a waiter is given with a lock it is handed, until it
 * renews it itself. A waiter that died unnoticed holds everybody up for so long
 */
public record RedisLockSettings(Duration commandTimeout, Duration grantLease) {

	private static final Duration SHORTEST = Duration.ofMillis(100);

	/**
	 * Checks the times.
	 */
	public RedisLockSettings {
		if (commandTimeout.compareTo(Duration.ofMillis(1)) < 0) {
			throw new IllegalArgumentException("'commandTimeout' must be at least 1ms: " + commandTimeout);
		}
		if (grantLease.compareTo(SHORTEST) < 0) {
			throw new IllegalArgumentException("'grantLease' must be at least 100ms: " + grantLease);
		}
	}

	/**
	 * The times that fit a server nearby: 1 s for a command, 2 s for a hand-off.
	 * @return the defaults
	 */
	public static RedisLockSettings defaults() {
		return new RedisLockSettings(Duration.ofSeconds(1), Duration.ofSeconds(2));
	}

	/**
	 * The longest time between two polls of a waiter: less than half of the grant lease,
	 * so that a grant whose news was lost is found before it ends.
	 * @return nine twentieths of the grant lease
	 */
	Duration pollInterval() {
		return this.grantLease.multipliedBy(9).dividedBy(20);
	}

	/**
	 * The time after which a waiter that did not poll is passed over.
	 * @return twice the poll interval
	 */
	Duration waiterDeadline() {
		return pollInterval().multipliedBy(2);
	}

}
