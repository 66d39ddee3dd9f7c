package io.coordination.lock;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Interrupts a thread when its lock is lost, but only while it is inside the guarded
 * action.
 * <p>
 * <b>Invariant.</b> The interrupt and the end of the action exclude each other: after
 * {@link #end()} the thread is not interrupted any more, and an interrupt that came from
 * here is not left on it.
 */
final class LossInterrupt {

	private final Thread thread;

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private boolean ended;

	// guarded by lock
	private boolean fired;

	LossInterrupt(LockHandle handle, Thread thread) {
		this.thread = thread;
		handle.onLost((event) -> fire());
	}

	private void fire() {
		this.lock.lock();
		try {
			if (!this.ended) {
				this.fired = true;
				this.thread.interrupt();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	void end() {
		this.lock.lock();
		try {
			this.ended = true;
			if (this.fired) {
				Thread.interrupted();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

}
