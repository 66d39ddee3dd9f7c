package io.coordination.memory;

import java.util.Objects;

import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;

/**
 * Opens backends on a {@link MemoryStore}. All backends of one factory, and of all
 * factories of one store, contend with each other. Thread-safe.
 */
public final class MemoryLockBackendFactory implements LockBackendFactory {

	private static final String ID = "memory";

	private final MemoryStore store;

	/**
	 * Makes a factory with a store of its own.
	 */
	public MemoryLockBackendFactory() {
		this(new MemoryStore());
	}

	/**
	 * Makes a factory for a store.
	 * @param store what the backends share
	 */
	public MemoryLockBackendFactory(MemoryStore store) {
		this.store = Objects.requireNonNull(store, "'store' must not be null");
	}

	@Override
	public String id() {
		return ID;
	}

	@Override
	public LockBackend open(BackendListener listener) {
		return new MemoryLockBackend(ID, this.store, listener);
	}

}
