package io.coordination.aop;

/**
 * When the lock of a call is released.
 */
public enum ReleasePolicy {

	/**
	 * When the method has ended, or if the call takes part in a transaction that was
	 * begun before, when that has ended: committed or rolled back.
	 */
	AFTER_COMPLETION,

	/**
	 * When the method has returned, whatever goes on: work that was handed to others, or
	 * a transaction of the caller. Others then see the state from before its commit.
	 */
	AFTER_INVOCATION,

	/**
	 * Never: the lock stays taken, by nobody, until its lease time has passed since it
	 * was granted. For work that must not be done more often than that.
	 */
	ON_EXPIRY

}
