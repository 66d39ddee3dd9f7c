package io.coordination.zookeeper;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import io.coordination.backend.ImageIsThere;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockState;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Locks in a container that Testcontainers starts, found by its service connection. Runs
 * where {@code coordination.test.zookeeper-image} names an image.
 */
@ExtendWith(ZookeeperContainerTests.ImageOfZookeeper.class)
@SpringBootTest(classes = ZookeeperContainerTests.Application.class, webEnvironment = WebEnvironment.NONE,
		properties = { "spring.application.name=container", "coordination.fail-fast=true",
				"coordination.backend=zookeeper" })
class ZookeeperContainerTests {

	private static final String IMAGE = "coordination.test.zookeeper-image";

	private static final int PORT = 2181;

	@Test
	void locksInTheContainer(@Autowired LockRegistry locks, @Autowired ZookeeperConnectionDetails details,
			@Autowired GenericContainer<?> container) throws InterruptedException {
		assertThat(details.getConnectString()).endsWith(":" + container.getMappedPort(PORT));
		try (LockHandle handle = locks.acquire("order:42")) {
			assertThat(handle.state()).isEqualTo(LockState.HELD);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		// The image may have another name than 'zookeeper'
		@Bean
		@ServiceConnection(name = "zookeeper")
		GenericContainer<?> zookeeper() {
			return new GenericContainer<>(System.getProperty(IMAGE)).withExposedPorts(PORT)
				.waitingFor(Wait.forListeningPort());
		}

	}

	static final class ImageOfZookeeper extends ImageIsThere {

		ImageOfZookeeper() {
			super(IMAGE, "zookeeper:3.9");
		}

	}

}
