package io.coordination.backend;

import java.time.Duration;

/**
 * Told when the store passes a lock to a waiter without being asked. Called on any
 * thread; implementations neither block nor throw.
 */
@FunctionalInterface
public interface GrantListener {

	/**
	 * The store made the waiter the owner. The news may be late, doubled or out of date:
	 * it is the engine that decides, by the revision and by the time of its own last
	 * request, whether the grant can still be entered.
	 * @param lease what was granted
	 * @param duration how long the store keeps it for the waiter unless it is renewed
	 */
	void granted(BackendLease lease, Duration duration);

}
