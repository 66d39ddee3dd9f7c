package io.coordination.sample;

import java.util.List;
import java.util.Map;

/**
 * What only an instance itself knows.
 *
 * @param held the locks it holds
 * @param counts what became of its buyers, by concert
 * @param news what happened there
 */
record LocalState(List<Holding> held, Map<Long, Tally.Counts> counts, List<News.Item> news) {

	/**
	 * A lock that an instance holds.
	 *
	 * @param lock the name of the lock
	 * @param instance the instance that holds it
	 * @param token the fencing token, as a string since JavaScript cannot hold it
	 * @param state whether it is surely held
	 * @param heldMillis for how long its present holder has had it
	 * @param remainingMillis for how long it is surely held if nothing more is heard from
	 * the store
	 * @param waiting how many callers wait for it in that instance
	 */
	record Holding(String lock, String instance, String token, String state, long heldMillis, long remainingMillis,
			int waiting) {

	}

}
