package io.coordination.zookeeper;

import java.time.Duration;

import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;
import io.coordination.backend.SessionLease;

/**
 * What ZooKeeper granted: a node that stands first in its line.
 *
 * @param key what is held
 * @param owner who holds it
 * @param revision the transaction that created the node
 * @param validity for how long the session surely goes on
 * @param path the node
 * @param session the session that the node ends with
 */
record ZookeeperLease(LockKey key, OwnerId owner, long revision, Duration validity, String path,
		long session) implements SessionLease {

}
