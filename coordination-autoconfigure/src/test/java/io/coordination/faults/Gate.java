package io.coordination.faults;

import java.time.Duration;

/**
 * What all messages of one direction have to pass: it can be shut, and it can make them
 * late. Safe for use by many threads.
 */
final class Gate {

	private boolean shut;

	private long delayNanos;

	synchronized void shut() {
		this.shut = true;
	}

	synchronized void open() {
		this.shut = false;
		notifyAll();
	}

	synchronized void delay(Duration delay) {
		this.delayNanos = delay.toNanos();
		notifyAll();
	}

	/**
	 * Waits until a message may pass.
	 * @param since when the message came, by {@link System#nanoTime()}
	 * @throws InterruptedException if the connection is given up meanwhile
	 */
	synchronized void pass(long since) throws InterruptedException {
		while (true) {
			long left = this.delayNanos - (System.nanoTime() - since);
			if (this.shut) {
				wait();
			}
			else if (left > 0) {
				wait(left / 1_000_000, (int) (left % 1_000_000));
			}
			else {
				return;
			}
		}
	}

}
