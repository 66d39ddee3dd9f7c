package io.coordination.aop;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.LockNotAcquiredException;

/**
 * Decides what a call gives whose lock is busy: a bean, named by its type in
 * {@link DistributedLock#failureHandler()}. Must be safe for use by many threads.
 */
@FunctionalInterface
public interface LockFailureHandler {

	/**
	 * Answers in place of the method, which does not run.
	 * @param invocation the call
	 * @param busy who holds the lock, and for how long
	 * @return what the call returns; of the type that the method returns
	 * @throws Throwable what the call throws
	 */
	@Nullable Object handle(LockInvocation invocation, LockNotAcquiredException busy) throws Throwable;

	/**
	 * No handler.
	 */
	final class None implements LockFailureHandler {

		private None() {
		}

		@Override
		public @Nullable Object handle(LockInvocation invocation, LockNotAcquiredException busy) {
			throw busy;
		}

	}

}
