package io.coordination.zookeeper;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * The contract on the server that Debian has, which is older than the client.
 */
@EnabledIf(value = "io.coordination.zookeeper.ZookeeperPackage#isInstalled",
		disabledReason = "Debian's package 'zookeeper' is not installed: no " + ZookeeperPackage.JAR)
class ZookeeperPackageBackendTests extends ZookeeperContract {

	@BeforeAll
	static void startServer() {
		runOn(ZookeeperServer.startPackage());
	}

}
