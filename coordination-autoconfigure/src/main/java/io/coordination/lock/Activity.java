package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * How many holds there are, and waiting for their end.
 */
final class Activity {

	private static final long GLANCE = TimeUnit.MILLISECONDS.toNanos(20);

	private final AtomicInteger holds = new AtomicInteger();

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition quiet = this.lock.newCondition();

	private volatile boolean awaited;

	void holdBegan() {
		this.holds.incrementAndGet();
	}

	void holdEnded() {
		if (this.holds.decrementAndGet() == 0 && this.awaited) {
			this.lock.lock();
			try {
				this.quiet.signalAll();
			}
			finally {
				this.lock.unlock();
			}
		}
	}

	/**
	 * Waits until nothing is held, for a time. An interrupt ends the wait and stays on
	 * the thread.
	 * @param meanwhile what to do again and again
	 */
	void awaitNoHolds(Duration longest, Runnable meanwhile) {
		this.awaited = true;
		await(longest, () -> {
			meanwhile.run();
			return this.holds.get() == 0;
		});
	}

	/**
	 * Waits for something else that comes soon. An interrupt ends the wait and stays on
	 * the thread.
	 */
	void await(Duration longest, BooleanSupplier condition) {
		long end = Durations.after(System.nanoTime(), Durations.nanos(longest));
		try {
			long left = end - System.nanoTime();
			while (!condition.getAsBoolean() && left > 0) {
				glance(Math.min(left, GLANCE));
				left = end - System.nanoTime();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** May miss the signal, therefore short, and in the loop of the caller. */
	@SuppressWarnings("WaitNotInLoop")
	private void glance(long nanos) throws InterruptedException {
		this.lock.lock();
		try {
			this.quiet.awaitNanos(nanos);
		}
		finally {
			this.lock.unlock();
		}
	}

}
