package io.coordination.lock;

import java.util.concurrent.TimeUnit;

/**
 * What two callers of one process must agree on to share a grant: one can be handed what
 * the other leaves only if the terms are equal.
 *
 * @param leaseNanos the lease that is asked for
 * @param renewal whether it is renewed while the lock is held
 */
record Terms(long leaseNanos, boolean renewal) {

	private static final long FIXED_MARGIN = TimeUnit.MILLISECONDS.toNanos(10);

	/**
	 * How much earlier than the store we take a lease to have ended: for the drift of two
	 * clocks, and for the time it takes to tell the holder.
	 */
	static long margin(long leaseNanos) {
		return leaseNanos / 100 + FIXED_MARGIN;
	}

}
