package io.coordination.aop;

/**
 * What happens when a lock is still busy at the end of the wait time. The guarded method
 * never runs without the lock.
 */
public enum OnBusy {

	/** What {@code coordination.lock.on-busy} says: {@link #THROW} without it. */
	DEFAULT,

	/** The caller gets a {@link io.coordination.lock.LockNotAcquiredException}. */
	THROW,

	/**
	 * The call is skipped: it returns {@code null}, an empty {@link java.util.Optional},
	 * or an empty publisher. Not possible where the method returns a primitive.
	 */
	SKIP

}
