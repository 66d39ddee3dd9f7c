package io.coordination.lock;

import org.jspecify.annotations.Nullable;

/**
 * What runs while a lock is held.
 *
 * @param <T> the type of the result
 * @param <E> the checked exception it may throw
 */
@FunctionalInterface
public interface LockedAction<T extends @Nullable Object, E extends Exception> {

	/**
	 * Runs.
	 * @param handle the held lock: for its fencing token, and to check before a step that
	 * cannot be undone. Released by the caller of this method
	 * @return the result
	 * @throws E if it fails
	 */
	T run(LockHandle handle) throws E;

}
