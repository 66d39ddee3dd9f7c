package io.coordination.lock.event;

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

}
