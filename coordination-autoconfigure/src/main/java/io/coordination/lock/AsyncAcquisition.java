package io.coordination.lock;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

/**
 * One acquisition that holds no thread while it waits.
 * <p>
 * <b>Invariant.</b> The hold ends up with exactly one taker: whoever completes the future
 * first, or, when it was cancelled, the gate again. The future completes on the thread
 * that asked, before it gets the future, or on a thread of the engine's pool: never on
 * one of the client library or the timer, which the application could block.
 */
final class AsyncAcquisition {

	private final Engine engine;

	private final String name;

	private final Waiter waiter;

	private final CompletableFuture<LockHandle> future = new CompletableFuture<>();

	private final AtomicBoolean finished = new AtomicBoolean();

	private volatile boolean entering = true;

	private volatile EngineTime.@Nullable Timer timer;

	AsyncAcquisition(Engine engine, String name, Terms terms, long waitNanos, long maxHoldNanos) {
		this.engine = engine;
		this.name = name;
		this.waiter = new Waiter(terms, waitNanos, maxHoldNanos, engine.nanoTime(), this::settled);
	}

	CompletableFuture<LockHandle> start() {
		LocalGate entered = this.engine.enter(this.name, this.waiter);
		this.entering = false;
		if (!this.waiter.isPending()) {
			finish();
			return this.future;
		}
		Answers.on(this.future, (handle, ex) -> {
			if (this.future.isCancelled()) {
				cancelled(entered);
			}
		});
		if (this.waiter.asksOnce()) {
			timeIsUp(entered);
		}
		else if (this.waiter.waitNanos != Durations.UNBOUNDED) {
			this.timer = this.engine.schedule(() -> timeIsUp(entered), this.waiter.waitNanos);
			if (!this.waiter.isPending()) {
				cancelTimer();
			}
		}
		return this.future;
	}

	private void timeIsUp(LocalGate entered) {
		if (entered.lastCall(this.waiter)) {
			this.timer = this.engine.schedule(() -> entered.expire(this.waiter), this.engine.graceNanos());
		}
		else {
			entered.expire(this.waiter);
		}
	}

	private void cancelled(LocalGate entered) {
		if (entered.abandon(this.waiter)) {
			cancelTimer();
			this.engine.announcer().refused(this.name, this.waiter, null);
		}
	}

	private void settled() {
		if (!this.entering) {
			this.engine.async(this::finish);
		}
	}

	private void finish() {
		if (!this.finished.compareAndSet(false, true)) {
			return;
		}
		cancelTimer();
		try {
			LockHandle handle = this.engine.acquired(this.waiter);
			if (!this.future.complete(handle)) {
				handle.releaseAsync();
			}
		}
		catch (RuntimeException ex) {
			this.engine.announcer().refused(this.name, this.waiter, ex);
			this.future.completeExceptionally(ex);
		}
	}

	private void cancelTimer() {
		EngineTime.Timer current = this.timer;
		if (current != null) {
			current.cancel();
		}
	}

}
