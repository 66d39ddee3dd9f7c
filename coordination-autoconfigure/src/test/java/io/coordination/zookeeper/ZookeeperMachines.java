package io.coordination.zookeeper;

import java.util.List;

/**
 * The servers that are one ZooKeeper: a single one, or an ensemble.
 */
interface ZookeeperMachines {

	/**
	 * Where each of them listens, on the loopback interface.
	 */
	List<Integer> ports();

	/**
	 * Stops all of them.
	 */
	void stop() throws Exception;

	/**
	 * Starts all of them again, with what they had.
	 */
	void restart() throws Exception;

	/**
	 * Stops all of them, and removes what they had.
	 */
	void close() throws Exception;

}
