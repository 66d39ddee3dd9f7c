package io.coordination.backend;

import java.time.Duration;
import java.util.Objects;

/**
 * One owner's wish for a lock. Made by the engine through {@link #exclusive}; backends
 * only read it, so that shared modes (a weight out of a capacity) can join it later
 * without a change to them.
 *
 * @param key what to lock
 * @param owner who asks; unique to one acquisition
 * @param lease the time after which an unrenewed lock is free for others
 */
public record LockRequest(LockKey key, OwnerId owner, Duration lease) {

	/**
	 * Checks the parts.
	 */
	public LockRequest {
		Objects.requireNonNull(key, "'key' must not be null");
		Objects.requireNonNull(owner, "'owner' must not be null");
		Objects.requireNonNull(lease, "'lease' must not be null");
		if (lease.isNegative() || lease.isZero()) {
			throw new IllegalArgumentException("'lease' must be positive: " + lease);
		}
	}

	/**
	 * A request for the whole lock: while it is granted, no other is.
	 * @param key what to lock
	 * @param owner who asks
	 * @param lease the time after which an unrenewed lock is free for others
	 * @return the request
	 */
	public static LockRequest exclusive(LockKey key, OwnerId owner, Duration lease) {
		return new LockRequest(key, owner, lease);
	}

}
