package io.coordination.autoconfigure;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of distributed locks.
 *
 * @param backend Name of the backend that keeps the locks. Needed only if there are
 * several candidates, or for 'memory'.
 * @param namespace What keeps applications apart that share a store. Defaults to
 * 'spring.application.name'. Changing it later breaks a rolling upgrade.
 * @param failFast Whether the application does not start when the store cannot be
 * reached.
 * @param fencingBase Number added to every revision of the store before it becomes a
 * fencing token.
 * @param lock Defaults of all locks.
 */
@ConfigurationProperties("coordination")
public record CoordinationProperties(@Nullable String backend, @Nullable String namespace,
		@DefaultValue("false") boolean failFast, @DefaultValue("0") long fencingBase, @DefaultValue Lock lock) {

	/**
	 * Defaults of all locks.
	 *
	 * @param waitTime How long to wait for a lock, or 'unbounded'.
	 * @param leaseTime Time after which an unrenewed lock is free for others.
	 * @param renewal Whether the lease is renewed while a lock is held.
	 * @param release Whether a release waits for the store.
	 * @param handOff Passing a lock from caller to caller inside the process.
	 * @param shutdown What happens when the application stops.
	 */
	public record Lock(@DefaultValue("3s") String waitTime, @DefaultValue("30s") Duration leaseTime,
			@DefaultValue("true") boolean renewal, @DefaultValue("sync") Release release, @DefaultValue HandOff handOff,
			@DefaultValue Shutdown shutdown) {

	}

	/**
	 * Whether a release waits for the store.
	 */
	public enum Release {

		/** A release returns when the store has answered. */
		SYNC,

		/** A release returns at once; what goes wrong is logged. */
		ASYNC

	}

	/**
	 * Passing a lock from caller to caller inside the process.
	 *
	 * @param enabled Whether a lock may pass from caller to caller without asking the
	 * store.
	 * @param slice How long a lock may pass from caller to caller before waiters of other
	 * processes have their turn.
	 */
	public record HandOff(@DefaultValue("true") boolean enabled, @DefaultValue("50ms") Duration slice) {

	}

	/**
	 * What happens when the application stops.
	 *
	 * @param gracePeriod How long those who hold a lock may finish.
	 */
	public record Shutdown(@DefaultValue("20s") Duration gracePeriod) {

	}

}
