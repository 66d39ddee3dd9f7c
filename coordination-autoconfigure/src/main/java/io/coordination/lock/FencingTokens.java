package io.coordination.lock;

import io.coordination.backend.BackendLease;

/**
 * Makes fencing tokens: the store's revision plus a base, and below it the number of the
 * hand-off inside the process. A revision that leaves no room is refused, as a token that
 * wraps would be smaller than its predecessors.
 *
 * @param base what is added to every revision
 */
record FencingTokens(long base) {

	private static final int HAND_OFF_BITS = 10;

	/** How often a grant may be passed on. */
	static final int MAX_HAND_OFFS = (1 << HAND_OFF_BITS) - 1;

	/** Beyond this a revision does not leave room for the hand-off number. */
	private static final long MAX_REVISION = 1L << (Long.SIZE - 1 - HAND_OFF_BITS);

	/**
	 * Whether there is room for the token of a grant.
	 */
	boolean isUsable(BackendLease lease) {
		return lease.revision() > 0 && lease.revision() < MAX_REVISION - this.base;
	}

	/**
	 * Why a grant cannot be used.
	 */
	LockBackendException unusable(BackendLease lease) {
		return new LockBackendException("Lock '" + lease.key().name() + "' has no usable fencing token: revision "
				+ lease.revision() + " plus fencing base " + this.base + " must be positive and below 2^53", null);
	}

	long token(BackendLease lease, int handOff) {
		return ((lease.revision() + this.base) << HAND_OFF_BITS) | handOff;
	}

}
