package io.coordination.lock.event;

/**
 * Something happened to a lock. Events are told on a thread of the registry, in the order
 * in which they happened to one handle.
 */
public sealed interface LockEvent permits LockAcquired, LockRefused, LockReleased, LockUncertain, LockLost {

	/**
	 * The name of the lock.
	 * @return the name
	 */
	String name();

}
