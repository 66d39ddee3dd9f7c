package io.coordination.zookeeper;

import org.junit.jupiter.api.BeforeAll;

/**
 * The contract on one server.
 */
class ZookeeperLockBackendTests extends ZookeeperContract {

	@BeforeAll
	static void startServer() {
		runOn(ZookeeperServer.start());
	}

}
