package io.coordination.lock;

/**
 * The engine's clock and timer. Validity is counted in {@link #nanoTime()} alone;
 * {@link #wallMillis()} only ever raises suspicion.
 */
interface EngineTime {

	long nanoTime();

	long wallMillis();

	/**
	 * Runs a short, non-blocking task once, later. What the task throws is logged.
	 */
	Timer schedule(Runnable task, long delayNanos);

	/**
	 * Ends the timer; what has not run by now never will.
	 */
	void stop();

	/**
	 * A task that may still run.
	 */
	interface Timer {

		void cancel();

	}

}
