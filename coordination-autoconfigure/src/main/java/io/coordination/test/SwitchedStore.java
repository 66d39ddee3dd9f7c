package io.coordination.test;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.LockBackendDecorator;
import io.coordination.backend.LockBackendFactory;
import io.coordination.backend.Waiting;

/**
 * The store as the application's registry sees it: one that can be made unreachable, and
 * made to forget who holds what. Others who use the same store see nothing of that.
 * Thread-safe.
 */
final class SwitchedStore implements LockBackendDecorator {

	private final Set<SwitchedLockBackend> open = ConcurrentHashMap.newKeySet();

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition waitersChanged = this.lock.newCondition();

	// guarded by lock
	private final Set<Waiting> waiters = new HashSet<>();

	private volatile @Nullable LockBackendFactory factory;

	private final AtomicInteger outages = new AtomicInteger();

	@Override
	public LockBackendFactory decorate(LockBackendFactory factory) {
		this.factory = factory;
		return new SwitchedLockBackendFactory(factory, this);
	}

	/**
	 * What opens the store for others than the application.
	 * @throws IllegalStateException if the application's registry does not use this store
	 */
	LockBackendFactory factory() {
		LockBackendFactory chosen = this.factory;
		if (chosen == null) {
			throw new IllegalStateException("The locks of this application cannot be taken, lost or made to fail: its "
					+ "LockRegistry is a bean of its own. Have the auto-configuration make it, or decorate its "
					+ "backend with the LockBackendDecorator beans of the context");
		}
		return chosen;
	}

	void opened(SwitchedLockBackend backend) {
		this.open.add(backend);
	}

	void closed(SwitchedLockBackend backend) {
		this.open.remove(backend);
	}

	boolean isDown() {
		return this.outages.get() > 0;
	}

	void beginOutage() {
		if (this.outages.getAndIncrement() == 0) {
			this.open.forEach(SwitchedLockBackend::disconnected);
		}
	}

	void endOutage() {
		if (this.outages.decrementAndGet() == 0) {
			this.open.forEach(SwitchedLockBackend::reconnected);
		}
	}

	/**
	 * Gives away what the application holds, and has it noticed.
	 * @return the names that were held
	 */
	List<String> loseAll() {
		return this.open.stream().map(SwitchedLockBackend::loseAll).flatMap(Collection::stream).sorted().toList();
	}

	void waits(Waiting place, boolean waits) {
		this.lock.lock();
		try {
			if (waits ? this.waiters.add(place) : this.waiters.remove(place)) {
				this.waitersChanged.signalAll();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Waits until somebody waits in the store's queue.
	 * @return {@code false} if nobody did in time
	 */
	boolean awaitWaiter(String name, Duration timeout) throws InterruptedException {
		long remaining = timeout.toNanos();
		this.lock.lockInterruptibly();
		try {
			while (this.waiters.stream().noneMatch((place) -> place.request().key().name().equals(name))) {
				if (remaining <= 0) {
					return false;
				}
				remaining = this.waitersChanged.awaitNanos(remaining);
			}
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

}
