package io.coordination.test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.LockBackendFactory;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

/**
 * Another process as far as the store can tell: a registry with a connection and owners
 * of its own, made when it is first needed. Thread-safe.
 */
final class OtherProcess {

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock, like the next
	private final List<LockHandle> handles = new ArrayList<>();

	private @Nullable ManagedLockRegistry registry;

	LockHandle hold(LockBackendFactory factory, String namespace, LockSpec spec) throws InterruptedException {
		LockHandle handle = registry(factory, namespace).acquire(spec);
		this.lock.lock();
		try {
			this.handles.add(handle);
		}
		finally {
			this.lock.unlock();
		}
		return handle;
	}

	private ManagedLockRegistry registry(LockBackendFactory factory, String namespace) {
		this.lock.lock();
		try {
			ManagedLockRegistry present = this.registry;
			if (present == null) {
				present = LockRegistryBuilder.of(factory).namespace(namespace).waitTime(Duration.ZERO).build();
				this.registry = present;
			}
			return present;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Gives back everything and ends. The next hold starts another process.
	 */
	void end() {
		List<LockHandle> held;
		ManagedLockRegistry ended;
		this.lock.lock();
		try {
			held = List.copyOf(this.handles);
			ended = this.registry;
			this.handles.clear();
			this.registry = null;
		}
		finally {
			this.lock.unlock();
		}
		held.forEach(LockHandle::close);
		if (ended != null) {
			ended.stop(Duration.ZERO);
		}
	}

}
