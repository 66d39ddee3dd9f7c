package io.coordination.aop;

/**
 * What happens to a call whose lock is lost while its method runs. The loss is always
 * logged and published as an event.
 */
public enum OnLost {

	/** What {@code coordination.lock.on-lost} says: {@link #FAIL} without it. */
	DEFAULT,

	/**
	 * The call fails with a {@link io.coordination.lock.LockLostException} when the
	 * method has returned. A transaction is rolled back instead of committed.
	 */
	FAIL,

	/**
	 * In addition, the method is told at once: its thread is interrupted, the
	 * subscription or the future is cancelled.
	 */
	INTERRUPT,

	/** The call goes on and its result counts. */
	IGNORE

}
