package io.coordination.sample;

/**
 * What tickets are sold for. A rush is two of them, sold at the same time to the same
 * buyers: one guarded by a lock, one by nothing.
 *
 * @param id the number of the concert
 * @param rush the rush it belongs to
 * @param kind how it is sold
 * @param seats how many seats there are
 * @param buyers how many people want one
 */
record Concert(long id, long rush, Kind kind, int seats, int buyers) {

	/**
	 * How a concert is sold.
	 */
	enum Kind {

		/** In a rush, guarded by a lock. */
		LOCKED,

		/** In a rush, guarded by nothing. */
		UNLOCKED,

		/** To slow buyers, guarded by a lock. */
		SLOW

	}

}
