package io.coordination.lock.event;

import org.jspecify.annotations.Nullable;

/**
 * Something happened to a lock. Acquisition, refusal and release are told on the thread
 * that acts, loss and uncertainty on a thread of the registry.
 */
public sealed interface LockEvent permits LockAcquired, LockRefused, LockReleased, LockUncertain, LockLost {

	/**
	 * The name of the lock.
	 * @return the name
	 */
	String name();

	/**
	 * The label under which the lock is counted, one of few.
	 * @return the label, or {@code null} if the caller gave it none
	 */
	@Nullable String label();

}
