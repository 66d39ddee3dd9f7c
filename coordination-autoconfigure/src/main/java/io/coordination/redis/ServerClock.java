package io.coordination.redis;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * An estimate of the server's time that is never ahead of it, as long as its clock is not
 * set. Every answer that carries a time says that the server's clock then stood between
 * what it would have been had the answer travelled no time and had the request travelled
 * none; the estimate is kept within these bounds. So it gets better with quick answers,
 * is not spoiled by an answer that lay unread while this process was paused, and follows
 * a clock that was set.
 * <p>
 * Times are in microseconds, as Redis counts them. Safe for use by many threads.
 */
final class ServerClock {

	private static final long UNKNOWN = Long.MIN_VALUE;

	private final LongSupplier nanoTime;

	/** Server time less local time. */
	private final AtomicLong offset = new AtomicLong(UNKNOWN);

	ServerClock(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
	}

	long nanoTime() {
		return this.nanoTime.getAsLong();
	}

	/**
	 * Learns from an answer that has just come.
	 * @param serverTime the server's time when it answered
	 * @param sentNanos the local time before the request was sent
	 */
	void answered(long serverTime, long sentNanos) {
		long least = serverTime - nanoTime() / 1000;
		long most = serverTime - sentNanos / 1000;
		this.offset.updateAndGet((known) -> (known == UNKNOWN) ? least : Math.max(least, Math.min(known, most)));
	}

	/**
	 * The time that the server's clock will at least show at a local time.
	 * @param nanos a local time
	 * @return the server's time in microseconds, or -1 if no answer has told it yet
	 */
	long at(long nanos) {
		long offset = this.offset.get();
		return (offset == UNKNOWN) ? -1 : nanos / 1000 + offset;
	}

}
