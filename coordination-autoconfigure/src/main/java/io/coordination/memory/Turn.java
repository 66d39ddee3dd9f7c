package io.coordination.memory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * One request in its turn at a {@link MemoryStore}: everything in it happens at one
 * moment, and the news for other clients goes out when it is over.
 */
final class Turn {

	private final long now;

	private final LongSupplier revisions;

	private final List<Runnable> news = new ArrayList<>(1);

	Turn(long now, LongSupplier revisions) {
		this.now = now;
		this.revisions = revisions;
	}

	/**
	 * The time of this turn, in nanoseconds since the store was made.
	 */
	long now() {
		return this.now;
	}

	/**
	 * The time so long after this turn, or the end of all time.
	 */
	long in(Duration duration) {
		long nanos = TimeUnit.NANOSECONDS.convert(duration);
		return (nanos < Long.MAX_VALUE - this.now) ? this.now + nanos : Long.MAX_VALUE;
	}

	long nextRevision() {
		return this.revisions.getAsLong();
	}

	void tell(Runnable news) {
		this.news.add(news);
	}

	/**
	 * Sends the news. Called without the lock of the store.
	 */
	void end() {
		this.news.forEach(Runnable::run);
	}

}
