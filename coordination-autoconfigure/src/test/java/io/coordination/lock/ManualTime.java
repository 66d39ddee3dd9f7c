package io.coordination.lock;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * A clock and timer that move when told to. Tasks run on the thread that moves them.
 */
final class ManualTime implements EngineTime, LongSupplier {

	private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(20));

	private final AtomicLong wallMillis = new AtomicLong(1_700_000_000_000L);

	private final AtomicLong order = new AtomicLong();

	private final PriorityQueue<Task> tasks = new PriorityQueue<>(
			Comparator.comparingLong(Task::untilDue).thenComparingLong(Task::order));

	private final long origin = this.nanos.get();

	private final AtomicReference<@Nullable Runnable> onCancel = new AtomicReference<>();

	@Override
	public long nanoTime() {
		return this.nanos.get();
	}

	@Override
	public long getAsLong() {
		return this.nanos.get();
	}

	@Override
	public long wallMillis() {
		return this.wallMillis.get();
	}

	void jumpWall(Duration duration) {
		this.wallMillis.addAndGet(duration.toMillis());
	}

	@Override
	public synchronized Timer schedule(Runnable task, long delayNanos) {
		Task added = new Task(task, this.nanos.get() - this.origin + Math.max(0, delayNanos),
				this.order.incrementAndGet());
		this.tasks.add(added);
		return () -> cancel(added);
	}

	/**
	 * Does something, once, in the middle of what cancels a timer.
	 */
	void onCancel(Runnable action) {
		this.onCancel.set(action);
	}

	private void cancel(Task task) {
		remove(task);
		Runnable action = this.onCancel.getAndSet(null);
		if (action != null) {
			action.run();
		}
	}

	private synchronized void remove(Task task) {
		this.tasks.remove(task);
	}

	@Override
	public synchronized void stop() {
		this.tasks.clear();
	}

	/**
	 * Lets time pass, step by step from task to task.
	 */
	void advance(Duration duration) {
		long end = this.nanos.get() - this.origin + duration.toNanos();
		Task next;
		while ((next = next(end)) != null) {
			moveTo(next.untilDue);
			next.task.run();
		}
		moveTo(end);
	}

	/**
	 * Lets time pass as for a process that was stopped: nothing runs before it is over.
	 */
	void pause(Duration duration) {
		shift(duration);
		advance(Duration.ZERO);
	}

	/**
	 * Lets time pass while no timer runs.
	 */
	void shift(Duration duration) {
		moveTo(this.nanos.get() - this.origin + duration.toNanos());
	}

	private synchronized Task next(long end) {
		Task first = this.tasks.peek();
		return (first != null && first.untilDue <= end) ? this.tasks.poll() : null;
	}

	private void moveTo(long sinceOrigin) {
		long step = this.origin + sinceOrigin - this.nanos.get();
		if (step > 0) {
			this.nanos.addAndGet(step);
			this.wallMillis.addAndGet(TimeUnit.NANOSECONDS.toMillis(step));
		}
	}

	private record Task(Runnable task, long untilDue, long order) {

	}

}
