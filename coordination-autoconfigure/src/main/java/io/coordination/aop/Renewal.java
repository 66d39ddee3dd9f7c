package io.coordination.aop;

/**
 * Whether the lease of a lock is renewed while the method runs.
 */
public enum Renewal {

	/** What {@code coordination.lock.renewal} says: {@link #ENABLED} without it. */
	DEFAULT,

	/** The lease is renewed for as long as the method runs. */
	ENABLED,

	/** The lease is a hard limit: the lock is lost when it ends. */
	DISABLED

}
