package io.coordination.zookeeper;

import org.junit.jupiter.api.BeforeAll;

import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * The contract on the server that Debian has, which is older than the client.
 */
class ZookeeperPackageBackendTests extends ZookeeperContract {

	@BeforeAll
	static void startServer() {
		assumeThat(ZookeeperPackage.isInstalled())
			.as("Debian's package 'zookeeper' is not installed: no %s", ZookeeperPackage.JAR)
			.isTrue();
		runOn(ZookeeperServer.startPackage());
	}

}
