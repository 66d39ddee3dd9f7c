package io.coordination.sample;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The doors of an instance before a rush. They open when buyers stand at all counters of
 * all instances, so that it begins everywhere at the same moment. Safe for use by many
 * threads.
 */
class Doors {

	private final CountDownLatch missing;

	private final CountDownLatch closed = new CountDownLatch(1);

	/**
	 * Closes the doors.
	 * @param counters at how many counters buyers are to arrive
	 */
	Doors(int counters) {
		this.missing = new CountDownLatch(counters);
	}

	/**
	 * Says that a buyer stands at a counter.
	 */
	void arrive() {
		this.missing.countDown();
	}

	/**
	 * Waits until buyers stand at all counters of this instance.
	 * @param patience how long to wait at most
	 * @return {@code false} if they did not arrive in time
	 * @throws InterruptedException if the thread is interrupted
	 */
	boolean awaitArrivals(Duration patience) throws InterruptedException {
		return this.missing.await(patience.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Opens the doors for good.
	 */
	void open() {
		this.closed.countDown();
	}

	/**
	 * Waits until the doors are open.
	 * @throws InterruptedException if the thread is interrupted
	 */
	void pass() throws InterruptedException {
		this.closed.await();
	}

}
