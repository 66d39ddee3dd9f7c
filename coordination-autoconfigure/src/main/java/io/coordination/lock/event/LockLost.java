package io.coordination.lock.event;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A held lock is lost: it is not ours any more, or may not be. Told once for each holder,
 * and before the store may give the lock to others wherever this process runs at that
 * time.
 *
 * @param name the name of the lock
 * @param label the label under which the lock is counted, or {@code null} if it has none
 * @param fencingToken the token of the holder that lost it
 * @param cause why
 * @param heldFor how long it was held
 */
public record LockLost(String name, @Nullable String label, long fencingToken, Cause cause,
		Duration heldFor) implements LockEvent {

	/**
	 * Why a lock was lost.
	 */
	public enum Cause {

		/** It could not be renewed before its lease ended. */
		NOT_RENEWED,

		/** Its lease ended, as asked for: renewal was off. */
		LEASE_ENDED,

		/** It was held for longer than its maximum hold time. */
		MAX_HOLD_TIME,

		/** The store says that it is not ours. */
		TAKEN,

		/** The registry was stopped while it was held. */
		SHUTDOWN

	}

}
