package io.coordination.lock;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.event.LockLost;

/**
 * Acquires several locks, all or none, within one wait time: one after the other in
 * sorted order, so that two of these never wait for each other. What is held already is
 * renewed meanwhile like any other lock; if it is lost all the same, the acquisition ends
 * at once.
 * <p>
 * <b>Invariants.</b>
 * <ol>
 * <li>The acquisition ends once. If it does not end with a handle, every member it got,
 * or still gets, is given back, last first.
 * <li>Nothing here waits for a thread that the application could block: only what the
 * application gets is completed by the executor that was given.
 * <li>Once it has ended, no member leads to it or to the handle of all, so that one that
 * is dropped can be found.
 * </ol>
 */
final class MultiAcquisition {

	private final Engine engine;

	private final LockSpec spec;

	private final Terms terms;

	private final long waitNanos;

	private final long startedAt;

	private final Executor completer;

	private final CompletableFuture<LockHandle> future = new CompletableFuture<>();

	private final OnLoss onLoss = new OnLoss(this);

	/** How many steps are to be done: who raises it from zero does them all. */
	private final AtomicInteger steps = new AtomicInteger();

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private final List<LockHandle> members = new ArrayList<>();

	// guarded by lock
	private boolean ended;

	// written under lock
	private volatile @Nullable CompletableFuture<LockHandle> current;

	/** The thread that has not handed out the future yet. */
	private volatile @Nullable Thread starter = Thread.currentThread();

	MultiAcquisition(Engine engine, LockSpec spec, Terms terms, long waitNanos, Executor completer) {
		this.engine = engine;
		this.spec = spec;
		this.terms = terms;
		this.waitNanos = waitNanos;
		this.completer = completer;
		this.startedAt = engine.nanoTime();
	}

	CompletableFuture<LockHandle> start() {
		Answers.on(this.future, (handle, ex) -> end(null));
		step();
		this.starter = null;
		return this.future;
	}

	/**
	 * Asks for the next member. Members that are there at once are taken in a loop.
	 */
	private void step() {
		if (this.steps.getAndIncrement() > 0) {
			return;
		}
		do {
			next();
		}
		while (this.steps.decrementAndGet() > 0);
	}

	private void next() {
		int index;
		this.lock.lock();
		try {
			if (this.ended) {
				return;
			}
			index = this.members.size();
		}
		finally {
			this.lock.unlock();
		}
		if (index == this.spec.names().size()) {
			complete();
			return;
		}
		long left = (this.waitNanos == Durations.UNBOUNDED) ? this.waitNanos
				: Math.max(0, this.waitNanos - (this.engine.nanoTime() - this.startedAt));
		CompletableFuture<LockHandle> member = new AsyncAcquisition(this.engine, this.spec.names().get(index),
				this.spec, this.terms, left, Runnable::run)
			.start();
		boolean tooLate;
		this.lock.lock();
		try {
			tooLate = this.ended;
			this.current = member;
		}
		finally {
			this.lock.unlock();
		}
		if (tooLate) {
			member.cancel(false);
		}
		Answers.on(member, this::answered);
	}

	private void answered(@Nullable LockHandle handle, @Nullable Throwable ex) {
		if (handle == null) {
			end((ex instanceof CompletionException && ex.getCause() != null) ? ex.getCause() : ex);
			return;
		}
		boolean tooLate;
		this.lock.lock();
		try {
			tooLate = this.ended;
			if (!tooLate) {
				this.members.add(handle);
				this.current = null;
			}
		}
		finally {
			this.lock.unlock();
		}
		if (tooLate) {
			Handles.giveBack(handle);
			return;
		}
		handle.onLost(this.onLoss);
		step();
	}

	private void complete() {
		List<LockHandle> all = finish();
		if (all != null) {
			LockHandle handle = new MultiHandle(all);
			tell(() -> {
				if (!this.future.complete(handle)) {
					Handles.giveBack(handle);
				}
			});
		}
	}

	private void end(@Nullable Throwable failure) {
		List<LockHandle> got = finish();
		if (got == null) {
			return;
		}
		CompletableFuture<LockHandle> waiting = this.current;
		if (waiting != null) {
			waiting.cancel(false);
		}
		if (!got.isEmpty()) {
			Handles.giveBack(new MultiHandle(got));
		}
		if (failure != null) {
			tell(() -> this.future.completeExceptionally(failure));
		}
	}

	/**
	 * Ends the acquisition.
	 * @return what it has got, or {@code null} if it had ended before
	 */
	private @Nullable List<LockHandle> finish() {
		this.lock.lock();
		try {
			if (this.ended) {
				return null;
			}
			this.ended = true;
			List<LockHandle> got = List.copyOf(this.members);
			this.members.clear();
			this.onLoss.forget();
			return got;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Completes the future, at once if nobody can have seen it yet.
	 */
	private void tell(Runnable completion) {
		if (Thread.currentThread() == this.starter) {
			completion.run();
		}
		else {
			this.completer.execute(completion);
		}
	}

	/**
	 * What members tell of their loss. Forgets whom it tells it.
	 */
	private static final class OnLoss implements Consumer<LockLost> {

		private volatile @Nullable MultiAcquisition acquisition;

		OnLoss(MultiAcquisition acquisition) {
			this.acquisition = acquisition;
		}

		void forget() {
			this.acquisition = null;
		}

		@Override
		public void accept(LockLost event) {
			MultiAcquisition told = this.acquisition;
			if (told != null) {
				told.end(new LockLostException("Lock '" + event.name() + "' was lost while others were waited for ("
						+ String.join(", ", told.spec.names()) + ")"));
			}
		}

	}

}
