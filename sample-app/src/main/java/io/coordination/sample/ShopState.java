package io.coordination.sample;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * All that the page shows.
 *
 * @param self the instance that answers
 * @param backend what keeps its locks
 * @param instances the instances
 * @param differentStores whether the instances keep their locks in different places, so
 * that nothing keeps them apart
 * @param locked the latest concert sold with the lock
 * @param unlocked the latest concert sold without
 * @param slow the latest concert sold to slow buyers
 * @param held who holds what
 * @param news what happened, the newest first
 */
record ShopState(String self, String backend, List<InstanceState> instances, boolean differentStores,
		@Nullable Outcome locked, @Nullable Outcome unlocked, @Nullable Outcome slow, List<LocalState.Holding> held,
		List<News.Item> news) {

	/**
	 * An instance as the others see it.
	 *
	 * @param name its name, which is its port
	 * @param pid its process
	 * @param databaseHost whether the others reach the database through it
	 * @param condition how it is
	 * @param silentFor for how many milliseconds it has not been heard of
	 */
	record InstanceState(String name, long pid, boolean databaseHost, Condition condition, long silentFor) {

	}

	/**
	 * How an instance is.
	 */
	enum Condition {

		/** It answers. */
		OPEN,

		/** The process is there and does not answer. */
		STOPPED,

		/** The process is gone and did not say goodbye. */
		DEAD

	}

	/**
	 * What came out of the sale for a concert.
	 *
	 * @param concert the concert
	 * @param sold how many tickets were sold
	 * @param oversold how many tickets more than seats were sold
	 * @param soldTwice how many seats were sold more than once
	 * @param refused how many buyers got nothing
	 * @param counts what became of the buyers
	 * @param tickets the tickets in the order of sale
	 */
	record Outcome(Concert concert, int sold, int oversold, int soldTwice, int refused, Tally.Counts counts,
			List<Ticket> tickets) {

	}

}
