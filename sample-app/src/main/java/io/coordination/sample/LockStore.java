package io.coordination.sample;

import org.springframework.dao.DataAccessException;

/**
 * Where the locks are kept.
 */
interface LockStore {

	/** The name of a store that does not say it. */
	String UNKNOWN = "unknown";

	/**
	 * What tells this store from others, whatever address it is reached by.
	 * @return the name
	 * @throws DataAccessException if it does not answer
	 */
	String id();

}
