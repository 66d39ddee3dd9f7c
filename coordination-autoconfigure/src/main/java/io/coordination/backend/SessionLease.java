package io.coordination.backend;

import java.time.Duration;

/**
 * A lease that lives as long as the client's session with the store, whatever length was
 * asked for. The session is kept up by the client library, and ends when the store has
 * not heard of the client for a time that both agreed on.
 */
public interface SessionLease extends BackendLease {

	/**
	 * How long the session surely goes on after a request that the store confirmed, and
	 * with it the lease. Counted from when the request was sent; no lease is relied on
	 * for longer, however long it was asked for.
	 * @return a positive duration
	 */
	Duration validity();

}
