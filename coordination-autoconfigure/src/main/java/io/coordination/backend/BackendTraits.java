package io.coordination.backend;

import java.time.Duration;

/**
 * What a store promises, and the times the engine has to keep with it.
 *
 * @param id the backend's name, such as {@code redis}
 * @param expiry what ends the lock of a holder that died
 * @param fencing how far the revisions can be trusted to grow
 * @param fairness in which order waiters of different processes are served
 * @param ordered whether requests for one key are executed in the order in which they
 * were sent
 * @param minLease the shortest lease the store can keep, which is also the step in which
 * it counts
 * @param requestTimeout the time after which a request without an answer has failed. No
 * request takes effect later than this after it was sent; with {@link Expiry#SESSION},
 * none takes effect after a later request for the same key was answered
 * @param pollInterval the longest time between two polls of a {@link Waiting}, shorter
 * than half of the lease that a pushed grant comes with
 */
public record BackendTraits(String id, Expiry expiry, Fencing fencing, Fairness fairness, boolean ordered,
		Duration minLease, Duration requestTimeout, Duration pollInterval) {

	/**
	 * What ends the lock of a holder that died.
	 */
	public enum Expiry {

		/** A time to live of the lock itself. */
		LEASE,

		/**
		 * The end of the client's session with the store. Leases are
		 * {@linkplain SessionLease such} of a session: a lease of another session than
		 * the present one is lost, no lease ends by its length, and no key can be kept
		 * taken by nobody. The store's idea of when a session ends may be later than the
		 * client's, never earlier than {@link SessionLease#validity()} says.
		 */
		SESSION

	}

	/**
	 * How far revisions grow.
	 */
	public enum Fencing {

		/** Always: the store agrees on an order that survives any fail-over. */
		LINEARIZABLE,

		/**
		 * As long as no data is lost, and after a loss while the clocks of the servers
		 * agree.
		 */
		TIME_BASED,

		/** Within one process. */
		LOCAL

	}

	/**
	 * In which order waiters are served.
	 */
	public enum Fairness {

		/** In the order in which they joined. */
		FIFO,

		/** In no particular order. */
		NONE

	}

}
