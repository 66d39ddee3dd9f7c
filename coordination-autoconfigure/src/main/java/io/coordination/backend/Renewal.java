package io.coordination.backend;

import java.util.Set;

/**
 * The answer to {@link LockBackend#renew}. An owner in neither set could not be asked
 * about (its node was not reachable): nothing is known of it.
 *
 * @param kept the owners that still hold their lock
 * @param lost the owners that hold it no longer
 */
public record Renewal(Set<OwnerId> kept, Set<OwnerId> lost) {

	/**
	 * Copies the sets.
	 */
	public Renewal {
		kept = Set.copyOf(kept);
		lost = Set.copyOf(lost);
	}

}
