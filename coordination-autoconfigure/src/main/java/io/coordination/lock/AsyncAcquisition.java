package io.coordination.lock;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One acquisition that holds no thread while it waits.
 * <p>
 * <b>Invariant.</b> The hold ends up with exactly one taker: whoever completes the future
 * first, or, when somebody else did that, the gate again. The future completes on the
 * thread that asked, before it gets the future, or by the executor that it was given.
 * What the application gets is completed on the engine's pool: never on a thread of the
 * client library or the timer, which the application could block.
 */
final class AsyncAcquisition {

	private final Engine engine;

	private final String name;

	private final Waiter waiter;

	private final Executor completer;

	private final CompletableFuture<LockHandle> future = new CompletableFuture<>();

	private final AtomicBoolean finished = new AtomicBoolean();

	private volatile boolean entering = true;

	private final Alarm end = new Alarm();

	AsyncAcquisition(Engine engine, String name, LockSpec spec, Terms terms, long waitNanos, Executor completer) {
		this.engine = engine;
		this.name = name;
		this.completer = completer;
		this.waiter = new Waiter(terms, waitNanos, HoldTime.of(spec), spec.label(name), engine.nanoTime(),
				this::settled);
	}

	CompletableFuture<LockHandle> start() {
		LocalGate entered = this.engine.enter(this.name, this.waiter);
		this.entering = false;
		if (!this.waiter.isPending()) {
			finish();
			return this.future;
		}
		Answers.on(this.future, (handle, ex) -> {
			if (!this.finished.get()) {
				cancelled(entered);
			}
		});
		if (this.waiter.asksOnce()) {
			timeIsUp(entered);
		}
		else if (this.waiter.waitNanos != Durations.UNBOUNDED) {
			this.end.set(this.engine, () -> timeIsUp(entered), this.waiter.waitNanos);
			if (!this.waiter.isPending()) {
				this.end.cancel();
			}
		}
		return this.future;
	}

	private void timeIsUp(LocalGate entered) {
		if (entered.lastCall(this.waiter)) {
			this.end.set(this.engine, () -> entered.expire(this.waiter), this.engine.graceNanos());
		}
		else {
			entered.expire(this.waiter);
		}
	}

	private void cancelled(LocalGate entered) {
		if (entered.abandon(this.waiter)) {
			this.end.cancel();
			this.engine.announcer().refused(this.name, this.waiter, null);
		}
	}

	private void settled() {
		if (!this.entering) {
			this.completer.execute(this::finish);
		}
	}

	private void finish() {
		if (!this.finished.compareAndSet(false, true)) {
			return;
		}
		this.end.cancel();
		try {
			LockHandle handle = this.engine.acquired(this.waiter);
			if (!this.future.complete(handle)) {
				Handles.giveBack(handle);
			}
		}
		catch (RuntimeException ex) {
			this.engine.announcer().refused(this.name, this.waiter, ex);
			this.future.completeExceptionally(ex);
		}
	}

}
