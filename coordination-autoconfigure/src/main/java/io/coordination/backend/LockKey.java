package io.coordination.backend;

import java.util.Objects;

/**
 * The identity of a lock in the store. Two different keys never meet: a backend encodes
 * both parts so that no character of one can be taken for the border between them. The
 * parts are checked by the engine before they get here.
 *
 * @param namespace what keeps applications apart that share a store
 * @param name the name of the lock
 */
public record LockKey(String namespace, String name) {

	/**
	 * Checks that the parts are there.
	 */
	public LockKey {
		Objects.requireNonNull(namespace, "'namespace' must not be null");
		Objects.requireNonNull(name, "'name' must not be null");
	}

}
