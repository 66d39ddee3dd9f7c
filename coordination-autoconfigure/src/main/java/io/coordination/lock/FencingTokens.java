package io.coordination.lock;

import org.jspecify.annotations.Nullable;

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
	 * Why a grant cannot be used, or {@code null} if it can.
	 */
	@Nullable LockBackendException unusable(BackendLease lease) {
		long revision = lease.revision();
		if (revision > 0 && revision < MAX_REVISION - this.base) {
			return null;
		}
		return new LockBackendException("Lock '" + lease.key().name() + "' has no usable fencing token: revision "
				+ revision + " plus fencing base " + this.base + " must be positive and below 2^53", null);
	}

	long token(BackendLease lease, int handOff) {
		return ((lease.revision() + this.base) << HAND_OFF_BITS) | handOff;
	}

}
