package io.coordination.sample;

import org.springframework.test.context.TestPropertySource;

/**
 * The page of an instance whose locks are in ZooKeeper.
 */
@TestPropertySource(properties = "coordination.backend=zookeeper")
class ZookeeperPageTests extends PageTests {

	@Override
	String store() {
		return "ZooKeeper";
	}

	@Override
	String optionsOfAnother() {
		return "\"--server.port=8081 --coordination.backend=zookeeper\"";
	}

}
