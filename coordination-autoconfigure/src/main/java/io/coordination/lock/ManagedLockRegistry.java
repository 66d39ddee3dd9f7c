package io.coordination.lock;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletionStage;

/**
 * A registry with a life: for whoever owns it, not for those who lock. May be stopped and
 * started again any number of times; each life has connections and threads of its own,
 * and what was held in an earlier one is lost.
 * <p>
 * This type is safe for use by many threads.
 */
public interface ManagedLockRegistry extends LockRegistry, AutoCloseable {

	/**
	 * Starts. Does nothing if it runs.
	 */
	void start();

	/**
	 * Stops: gives no more locks, tells those who wait, gives the holders time to finish,
	 * and tells those still there afterwards that their lock is lost. What they hold is
	 * not taken from them in the store, it ends with its lease. Does nothing if it does
	 * not run.
	 * @param gracePeriod how long to wait for the holders
	 */
	void stop(Duration gracePeriod);

	/**
	 * Whether it runs.
	 * @return {@code true} between start and stop
	 */
	boolean isRunning();

	/**
	 * Checks, without asking the store, that it could keep a lock of this kind.
	 * @param spec what somebody is going to lock, and how
	 * @throws IllegalArgumentException if it could not, such as when the lease is too
	 * short for the store
	 * @throws LockRegistryStoppedException if this registry does not run
	 */
	void validate(LockSpec spec);

	/**
	 * Asks the store whether it can be reached and is fit for locks.
	 * @return a stage that completes with warnings for people, none when all is well, or
	 * fails with a {@link LockBackendException} that says what is wrong; on a thread of
	 * this registry
	 */
	CompletionStage<Collection<String>> check();

	/**
	 * Stops with the grace period it was built with.
	 */
	@Override
	void close();

}
