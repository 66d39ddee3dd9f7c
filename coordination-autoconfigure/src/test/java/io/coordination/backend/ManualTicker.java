package io.coordination.backend;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A nanosecond clock that moves when told to. Thread-safe.
 */
public final class ManualTicker implements LongSupplier {

	private final AtomicLong nanos;

	/**
	 * Makes a clock that stands at zero.
	 */
	public ManualTicker() {
		this(0);
	}

	/**
	 * Makes a clock that stands where it is told to, as {@link System#nanoTime} may start
	 * anywhere.
	 * @param nanos the first reading
	 */
	public ManualTicker(long nanos) {
		this.nanos = new AtomicLong(nanos);
	}

	/**
	 * Moves the clock.
	 * @param duration how far, not negative
	 */
	public void advance(Duration duration) {
		if (duration.isNegative()) {
			throw new IllegalArgumentException("'duration' must not be negative: " + duration);
		}
		this.nanos.addAndGet(duration.toNanos());
	}

	@Override
	public long getAsLong() {
		return this.nanos.get();
	}

}
