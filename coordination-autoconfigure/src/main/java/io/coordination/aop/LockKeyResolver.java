package io.coordination.aop;

/**
 * Finds the key of a call where an expression will not do: a bean, named by
 * {@link DistributedLock#keyResolver()}. Must be safe for use by many threads.
 */
@FunctionalInterface
public interface LockKeyResolver {

	/**
	 * Finds the key. Is asked once for each call, before the lock is acquired.
	 * @param invocation the call
	 * @return the key; a collection or an array stands for several locks, one for each
	 * element. {@code null}, blanks and an empty collection are errors, as they are in
	 * {@link DistributedLock#key()} and {@link DistributedLock#keys()}
	 */
	Object resolve(LockInvocation invocation);

}
