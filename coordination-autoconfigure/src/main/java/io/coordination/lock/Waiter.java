package io.coordination.lock;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

/**
 * One caller that wants a lock, from the moment it asks until it has a hold, an
 * exception, or has gone away. Which of the three is decided by one compare-and-set: a
 * hold that does not settle its waiter belongs to nobody and is given back by whoever
 * offered it.
 */
final class Waiter {

	private static final Object ABANDONED = new Object();

	final Terms terms;

	final long waitNanos;

	final HoldTime holdTime;

	/** What the lock is counted under, or {@code null}. */
	final @Nullable String label;

	final long startedAt;

	private final @Nullable Runnable whenSettled;

	private final @Nullable Thread thread;

	private final AtomicReference<@Nullable Object> outcome = new AtomicReference<>();

	/**
	 * Makes a waiter.
	 * @param whenSettled what to run when it is settled, or {@code null} for a waiter on
	 * which the present thread parks
	 */
	Waiter(Terms terms, long waitNanos, HoldTime holdTime, @Nullable String label, long startedAt,
			@Nullable Runnable whenSettled) {
		this.terms = terms;
		this.waitNanos = waitNanos;
		this.holdTime = holdTime;
		this.label = label;
		this.startedAt = startedAt;
		this.whenSettled = whenSettled;
		this.thread = (whenSettled != null) ? null : Thread.currentThread();
	}

	boolean asksOnce() {
		return this.waitNanos == 0;
	}

	boolean isPending() {
		return this.outcome.get() == null;
	}

	/**
	 * Gives the waiter what it asked for. Followed by {@link #signal()}, outside of any
	 * lock.
	 * @return {@code false} if it does not want it any more
	 */
	boolean settle(Hold hold) {
		return this.outcome.compareAndSet(null, hold);
	}

	/**
	 * Tells the waiter why it will not get what it asked for.
	 * @param after where to put the signal, which is for outside of any lock
	 * @return {@code false} if it was settled before, or does not want it any more
	 */
	boolean refuse(RuntimeException failure, List<Runnable> after) {
		boolean refused = this.outcome.compareAndSet(null, failure);
		if (refused) {
			after.add(this::signal);
		}
		return refused;
	}

	/**
	 * Goes away.
	 * @return {@code false} if the waiter was settled before
	 */
	boolean abandon() {
		return this.outcome.compareAndSet(null, ABANDONED);
	}

	void signal() {
		if (this.thread != null) {
			LockSupport.unpark(this.thread);
		}
		else if (this.whenSettled != null) {
			this.whenSettled.run();
		}
	}

	/**
	 * Parks the thread that made this waiter until it is settled.
	 * @return {@code false} if the time was up before
	 */
	boolean await(long nanos) throws InterruptedException {
		long end = Durations.after(System.nanoTime(), nanos);
		while (isPending()) {
			if (Thread.interrupted()) {
				throw new InterruptedException();
			}
			long left = end - System.nanoTime();
			if (left <= 0) {
				return !isPending();
			}
			LockSupport.parkNanos(this, left);
		}
		return true;
	}

	/**
	 * The hold it was given.
	 * @throws RuntimeException what it was told instead
	 */
	Hold hold() {
		Object result = this.outcome.get();
		if (result instanceof Hold hold) {
			return hold;
		}
		if (result instanceof RuntimeException failure) {
			throw failure;
		}
		throw new IllegalStateException("Not settled");
	}

}
