package io.coordination.zookeeper;

import org.junit.jupiter.api.BeforeAll;

/**
 * The contract on three servers, among which the clients are spread.
 */
class ZookeeperEnsembleBackendTests extends ZookeeperContract {

	@BeforeAll
	static void startServer() {
		runOn(ZookeeperServer.startEnsemble());
	}

}
