package io.coordination.backend;

/**
 * Opens a {@link LockBackend}. A registry opens a fresh one at each start, so a stopped
 * and started application never speaks over connections of its former life.
 * <p>
 * Implementations are safe for use by many threads.
 */
public interface LockBackendFactory {

	/**
	 * The name by which {@code coordination.backend} chooses this backend, such as
	 * {@code redis}.
	 * @return a short lower-case name
	 */
	String id();

	/**
	 * Opens a backend. Does not wait for the store: a store that cannot be reached now is
	 * reported by the requests, and is connected to when it comes back.
	 * @param listener told what happens to the connection
	 * @return a new backend, to be closed by the caller
	 */
	LockBackend open(BackendListener listener);

}
