package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/**
 * The {@link Lock} of one name. Has no state of its own: what a thread holds is in
 * {@link ThreadHolds}.
 */
final class LockView implements Lock {

	private final DefaultLockRegistry registry;

	private final ThreadHolds holds;

	private final LockSpec spec;

	private final String name;

	LockView(DefaultLockRegistry registry, ThreadHolds holds, LockSpec spec) {
		this.registry = registry;
		this.holds = holds;
		this.spec = spec;
		this.name = spec.names().get(0);
	}

	@Override
	public void lock() {
		boolean interrupted = false;
		try {
			while (true) {
				try {
					lockInterruptibly();
					return;
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	@Override
	public void lockInterruptibly() throws InterruptedException {
		if (Thread.interrupted()) {
			throw new InterruptedException();
		}
		if (!enterAgain()) {
			this.holds.add(this.registry.acquire(this.spec.withUnboundedWait())).locks++;
		}
	}

	@Override
	public boolean tryLock() {
		boolean interrupted = false;
		try {
			while (true) {
				try {
					return tryLock(0, TimeUnit.NANOSECONDS);
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	@Override
	public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
		if (Thread.interrupted()) {
			throw new InterruptedException();
		}
		if (enterAgain()) {
			return true;
		}
		LockSpec bounded = this.spec.withWaitTime(Duration.ofNanos(Math.max(0, unit.toNanos(time))));
		return this.registry.tryAcquire(bounded).map((handle) -> {
			this.holds.add(handle).locks++;
			return true;
		}).orElse(false);
	}

	@Override
	public void unlock() {
		ThreadHolds.Entry entry = this.holds.find(this.name);
		if (entry == null || entry.locks == 0) {
			throw new IllegalMonitorStateException("Lock '" + this.name + "' is not "
					+ ((entry == null) ? "held by this thread" : "locked by this thread, which holds it by a call"));
		}
		entry.locks--;
		if (entry.leave()) {
			LockLostException lost = this.registry.finish(entry.handle);
			if (lost != null) {
				throw lost;
			}
		}
	}

	@Override
	public Condition newCondition() {
		throw new UnsupportedOperationException("A distributed lock has no conditions");
	}

	private boolean enterAgain() {
		ThreadHolds.Entry entry = this.holds.enterAgain(this.name);
		if (entry == null) {
			return false;
		}
		entry.locks++;
		return true;
	}

	@Override
	public String toString() {
		return "Lock '" + this.name + "'";
	}

}
