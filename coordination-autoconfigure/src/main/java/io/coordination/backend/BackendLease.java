package io.coordination.backend;

/**
 * What the store gave: a key, for an owner, under a revision. Immutable. A backend may
 * implement it with what it needs to find the grant again.
 */
public interface BackendLease {

	/**
	 * The key that is held.
	 * @return the key
	 */
	LockKey key();

	/**
	 * The owner that holds it.
	 * @return the owner
	 */
	OwnerId owner();

	/**
	 * The number of this grant, made by the store: positive, below 2<sup>53</sup>, and
	 * larger than that of every earlier grant of the key as far as
	 * {@link BackendTraits#fencing()} promises. Repeated acquires of the same owner have
	 * the same revision.
	 * @return the revision
	 */
	long revision();

}
