package io.coordination.aop;

import reactor.core.publisher.Mono;

/**
 * The {@link LockContext} of reactive code: what a {@link DistributedLock} method that
 * returns a reactive type puts into the Reactor context of its subscribers.
 */
public final class ReactiveLockContext {

	private ReactiveLockContext() {
	}

	/**
	 * The locks of the innermost call that this is subscribed in.
	 * @return a publisher of the context, empty outside of all guarded methods
	 */
	public static Mono<LockContext> current() {
		return Mono.deferContextual((view) -> Mono.justOrEmpty(view.getOrEmpty(LockContext.class)));
	}

}
