package io.coordination.sample;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What became of the buyers of one concert in one instance. Safe for use by many threads.
 */
class Tally {

	private volatile long began = System.nanoTime();

	private final AtomicInteger open = new AtomicInteger();

	private final AtomicInteger soldOut = new AtomicInteger();

	private final AtomicInteger busy = new AtomicInteger();

	private final AtomicInteger failed = new AtomicInteger();

	private volatile long ended = this.began;

	void arrived(int buyers) {
		this.open.addAndGet(buyers);
	}

	/**
	 * Counts the time from now on.
	 */
	void begin() {
		this.began = System.nanoTime();
	}

	void soldOut() {
		this.soldOut.incrementAndGet();
	}

	void busy() {
		this.busy.incrementAndGet();
	}

	void failed() {
		this.failed.incrementAndGet();
	}

	void left() {
		this.ended = System.nanoTime();
		this.open.decrementAndGet();
	}

	Counts counts() {
		int stillHere = this.open.get();
		long until = (stillHere > 0) ? System.nanoTime() : this.ended;
		return new Counts(stillHere, this.soldOut.get(), this.busy.get(), this.failed.get(),
				TimeUnit.NANOSECONDS.toMillis(until - this.began));
	}

	/**
	 * A tally at one moment.
	 *
	 * @param open buyers still being served
	 * @param soldOut buyers who were told that nothing is left
	 * @param busy buyers who did not get the lock within the wait time
	 * @param failed buyers whose sale failed otherwise
	 * @param millis how long it took up to now
	 */
	record Counts(int open, int soldOut, int busy, int failed, long millis) {

		static final Counts NONE = new Counts(0, 0, 0, 0, 0);

		Counts plus(Counts other) {
			return new Counts(this.open + other.open, this.soldOut + other.soldOut, this.busy + other.busy,
					this.failed + other.failed, Math.max(this.millis, other.millis));
		}

	}

}
