package io.coordination.lock;

/**
 * What is known about a lock that was granted. The order is from best to worst.
 */
public enum LockState {

	/** The lock is ours: the store confirmed it not long ago. */
	HELD,

	/**
	 * The lock is still ours by its lease, but the store has not confirmed it for longer
	 * than expected, or the connection is interrupted. Turns into {@link #HELD} or
	 * {@link #LOST}.
	 */
	UNCERTAIN,

	/**
	 * The lock is not ours any more, or may not be. Final: a handle never comes back from
	 * here.
	 */
	LOST,

	/** The lock was given up by its owner. Final. */
	RELEASED

}
