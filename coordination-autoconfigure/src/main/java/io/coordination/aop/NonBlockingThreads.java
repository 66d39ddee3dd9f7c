package io.coordination.aop;

import reactor.core.scheduler.Schedulers;

/**
 * The threads that Reactor knows must not be blocked.
 */
final class NonBlockingThreads {

	private NonBlockingThreads() {
	}

	/**
	 * Whether the present thread is one.
	 */
	static boolean isPresent() {
		return Schedulers.isInNonBlockingThread();
	}

}
