package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Durations as nanoseconds and as text for people.
 */
final class Durations {

	/** Stands for a wait that never ends. */
	static final long UNBOUNDED = Long.MAX_VALUE;

	private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE / 4);

	private Durations() {
	}

	static long nanos(Duration duration) {
		return (duration.compareTo(LONGEST) >= 0) ? UNBOUNDED : duration.toNanos();
	}

	/**
	 * A point in time that lies a number of nanoseconds after another, in a clock that
	 * may overflow. A wait without end ends so late that nobody sees it.
	 */
	static long after(long start, long nanos) {
		return start + Math.min(nanos, Long.MAX_VALUE / 4);
	}

	static String text(Duration duration) {
		return text(nanos(duration));
	}

	static String text(long nanos) {
		if (nanos == UNBOUNDED) {
			return "any time";
		}
		long millis = TimeUnit.NANOSECONDS.toMillis(Math.max(0, nanos));
		if (millis < 1000) {
			return millis + "ms";
		}
		if (millis % 1000 == 0 || millis >= 10_000) {
			return millis / 1000 + "s";
		}
		return millis / 1000 + "." + millis % 1000 / 100 + "s";
	}

}
