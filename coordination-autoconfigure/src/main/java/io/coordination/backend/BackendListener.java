package io.coordination.backend;

/**
 * What a backend tells the engine unasked. Called on any thread, also on those of the
 * client library; implementations neither block nor throw.
 */
public interface BackendListener {

	/**
	 * The connection is gone or suspended: nothing that the store said before can be
	 * relied on now.
	 */
	void disconnected();

	/**
	 * The connection is back, or leads to another server than before.
	 */
	void reconnected();

	/**
	 * The store made an owner the holder that nobody here waits for any more. The engine
	 * gives the lock back.
	 * @param key the key that was granted
	 * @param owner the owner that was granted
	 */
	void strayGrant(LockKey key, OwnerId owner);

}
