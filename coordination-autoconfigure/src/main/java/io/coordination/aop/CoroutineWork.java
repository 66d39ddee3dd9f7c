package io.coordination.aop;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

import kotlin.Unit;
import kotlin.coroutines.AbstractCoroutineContextElement;
import kotlin.coroutines.CoroutineContext;
import kotlinx.coroutines.Job;
import kotlinx.coroutines.ThreadContextElement;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/**
 * The coroutines that run one locked call: an element of their context, which is told
 * whenever one of them is resumed on a thread. It gives that thread the
 * {@link LockContext}, and remembers the coroutine until it has <em>completed</em>:
 * cancelling one does not end it, and whoever awaits it goes on at once.
 * <p>
 * <b>Invariant.</b> A coroutine is remembered before its first instruction. One that is
 * not when the call was cancelled runs no instruction at all: one that is dispatched
 * looks whether it was cancelled after it was remembered, and one that is not, which
 * looks before, is counted while it is subscribed to. Those with a parent are not
 * remembered: it does not complete before them.
 */
final class CoroutineWork extends AbstractCoroutineContextElement
		implements ThreadContextElement<@Nullable LockContext> {

	private static final Key KEY = new Key();

	private final LockContext locks;

	private final @Nullable CoroutineWork around;

	private final @Nullable Job caller;

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private final Set<Job> running = new HashSet<>(2);

	private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

	// guarded by lock
	private boolean awaited;

	// guarded by lock
	private int beginning;

	/**
	 * No coroutines yet.
	 * @param locks the locks of the call
	 * @param caller the context of the caller, whose own coroutine is none of them
	 */
	CoroutineWork(LockContext locks, CoroutineContext caller) {
		super(KEY);
		this.locks = locks;
		this.around = caller.get(KEY);
		this.caller = caller.get(Job.Key);
	}

	@Override
	public @Nullable LockContext updateThreadContext(CoroutineContext context) {
		Job job = context.get(Job.Key);
		if (job != null && job.getParent() == null) {
			for (CoroutineWork work = this; work != null; work = work.around) {
				work.began(job);
			}
		}
		return this.locks.open();
	}

	@Override
	public void restoreThreadContext(CoroutineContext context, @Nullable LockContext before) {
		LockContext.close(before);
	}

	private void began(Job job) {
		if (job == this.caller) {
			return;
		}
		this.lock.lock();
		try {
			if (!this.running.add(job)) {
				return;
			}
		}
		finally {
			this.lock.unlock();
		}
		job.invokeOnCompletion((ex) -> {
			completed(job);
			return Unit.INSTANCE;
		});
	}

	private void completed(Job job) {
		change(() -> this.running.remove(job));
	}

	/**
	 * Counts a coroutine from before it is subscribed to.
	 */
	<T> Publisher<T> counted(Publisher<T> coroutine) {
		return (subscriber) -> {
			begin(1);
			try {
				coroutine.subscribe(subscriber);
			}
			finally {
				begin(-1);
			}
		};
	}

	private void begin(int more) {
		for (CoroutineWork work = this; work != null; work = work.around) {
			CoroutineWork one = work;
			one.change(() -> one.beginning += more);
		}
	}

	private void change(Runnable change) {
		boolean over;
		this.lock.lock();
		try {
			change.run();
			over = this.awaited && isIdle();
		}
		finally {
			this.lock.unlock();
		}
		if (over) {
			this.ended.complete(null);
		}
	}

	private boolean isIdle() {
		return this.running.isEmpty() && this.beginning == 0;
	}

	/**
	 * Awaits the end of all coroutines, without blocking.
	 * @return completes when none of them runs any more
	 */
	CompletableFuture<@Nullable Void> ended() {
		boolean none;
		this.lock.lock();
		try {
			this.awaited = true;
			none = isIdle();
		}
		finally {
			this.lock.unlock();
		}
		if (none) {
			this.ended.complete(null);
		}
		return this.ended;
	}

	private static final class Key implements CoroutineContext.Key<CoroutineWork> {

	}

}
