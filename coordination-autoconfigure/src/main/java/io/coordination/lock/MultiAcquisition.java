package io.coordination.lock;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * Acquires several locks, all or none, within one wait time: one after the other in
 * sorted order, so that two of these never wait for each other. What is held already is
 * renewed meanwhile like any other lock; if it is lost all the same, the acquisition ends
 * at once.
 * <p>
 * <b>Invariant.</b> The acquisition ends once. If it does not end with a handle, every
 * member it got, or still gets, is given back, last first.
 */
final class MultiAcquisition {

	private final Engine engine;

	private final List<String> names;

	private final Terms terms;

	private final long waitNanos;

	private final long maxHoldNanos;

	private final long startedAt;

	private final CompletableFuture<LockHandle> future = new CompletableFuture<>();

	private final ReentrantLock lock = new ReentrantLock();

	// all guarded by lock
	private final List<LockHandle> members = new ArrayList<>();

	private boolean ended;

	private @Nullable CompletableFuture<LockHandle> current;

	MultiAcquisition(Engine engine, List<String> names, Terms terms, long waitNanos, long maxHoldNanos) {
		this.engine = engine;
		this.names = names;
		this.terms = terms;
		this.waitNanos = waitNanos;
		this.maxHoldNanos = maxHoldNanos;
		this.startedAt = engine.nanoTime();
	}

	CompletableFuture<LockHandle> start() {
		Answers.on(this.future, (handle, ex) -> {
			if (this.future.isCancelled()) {
				end(null);
			}
		});
		next();
		return this.future;
	}

	private void next() {
		int index;
		this.lock.lock();
		try {
			index = this.members.size();
		}
		finally {
			this.lock.unlock();
		}
		if (index == this.names.size()) {
			complete();
			return;
		}
		long left = (this.waitNanos == Durations.UNBOUNDED) ? this.waitNanos
				: Math.max(0, this.waitNanos - (this.engine.nanoTime() - this.startedAt));
		CompletableFuture<LockHandle> member = new AsyncAcquisition(this.engine, this.names.get(index), this.terms,
				left, this.maxHoldNanos)
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
			handle.releaseAsync();
			return;
		}
		handle.onLost((event) -> end(new LockLostException("Lock '" + event.name()
				+ "' was lost while others were waited for (" + String.join(", ", this.names) + ")")));
		next();
	}

	private void complete() {
		List<LockHandle> all;
		this.lock.lock();
		try {
			if (this.ended) {
				return;
			}
			this.ended = true;
			all = List.copyOf(this.members);
		}
		finally {
			this.lock.unlock();
		}
		MultiHandle handle = new MultiHandle(all);
		if (!this.future.complete(handle)) {
			handle.releaseAsync();
		}
	}

	private void end(@Nullable Throwable failure) {
		List<LockHandle> got;
		CompletableFuture<LockHandle> waiting;
		this.lock.lock();
		try {
			if (this.ended) {
				return;
			}
			this.ended = true;
			got = List.copyOf(this.members);
			this.members.clear();
			waiting = this.current;
		}
		finally {
			this.lock.unlock();
		}
		if (waiting != null) {
			waiting.cancel(false);
		}
		if (!got.isEmpty()) {
			new MultiHandle(got).releaseAsync();
		}
		if (failure != null) {
			this.future.completeExceptionally(failure);
		}
	}

}
