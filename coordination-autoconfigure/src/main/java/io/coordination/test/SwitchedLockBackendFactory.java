package io.coordination.test;

import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;

/**
 * Opens what the application's registry sees of a {@link SwitchedStore}.
 *
 * @param factory opens the store itself
 * @param store the switches
 */
record SwitchedLockBackendFactory(LockBackendFactory factory, SwitchedStore store) implements LockBackendFactory {

	@Override
	public String id() {
		return this.factory.id();
	}

	@Override
	public LockBackend open(BackendListener listener) {
		SwitchedLockBackend backend = new SwitchedLockBackend(this.factory.open(listener), listener, this.store);
		this.store.opened(backend);
		return backend;
	}

}
