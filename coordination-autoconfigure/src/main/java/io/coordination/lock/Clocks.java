package io.coordination.lock;

import java.util.concurrent.TimeUnit;

/**
 * Both clocks at one moment. The monotonic one counts; the wall clock can only raise the
 * suspicion that the monotonic one stood still, as it may while a machine is suspended.
 *
 * @param nanos the monotonic clock
 * @param wallNanos the wall clock
 */
record Clocks(long nanos, long wallNanos) {

	/** The margin of the shortest lease, and the time it may take to read two clocks. */
	private static final long JUMP = Terms.margin(0) + TimeUnit.MILLISECONDS.toNanos(5);

	static Clocks read(Engine engine) {
		return new Clocks(engine.nanoTime(), TimeUnit.MILLISECONDS.toNanos(engine.wallMillis()));
	}

	/**
	 * Whether the wall clock went further since this moment than the monotonic one did.
	 */
	boolean disagree(Clocks later) {
		return later.wallNanos - this.wallNanos - (later.nanos - this.nanos) > JUMP;
	}

}
