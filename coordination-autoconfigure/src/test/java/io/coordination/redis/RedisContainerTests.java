package io.coordination.redis;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.coordination.backend.ImageIsThere;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockState;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Locks in a container that Testcontainers starts, found by its service connection. Runs
 * where {@code coordination.test.redis-image} names an image.
 */
@ExtendWith(RedisContainerTests.ImageOfRedis.class)
@SpringBootTest(classes = RedisContainerTests.Application.class, webEnvironment = WebEnvironment.NONE,
		properties = { "spring.application.name=container", "coordination.fail-fast=true" })
class RedisContainerTests {

	private static final String IMAGE = "coordination.test.redis-image";

	private static final int PORT = 6379;

	@Test
	void locksInTheContainer(@Autowired LockRegistry locks, @Autowired StringRedisTemplate redis,
			@Autowired DataRedisConnectionDetails details, @Autowired GenericContainer<?> container)
			throws InterruptedException {
		assertThat(details.getStandalone().getPort()).isEqualTo(container.getMappedPort(PORT));
		String key = "coordination:container:{order:42}";
		try (LockHandle handle = locks.acquire("order:42")) {
			assertThat(handle.state()).isEqualTo(LockState.HELD);
			assertThat(redis.hasKey(key)).isTrue();
		}
		assertThat(redis.hasKey(key)).isFalse();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		// The image may have another name than 'redis'
		@Bean
		@ServiceConnection(name = "redis")
		GenericContainer<?> redis() {
			return new GenericContainer<>(System.getProperty(IMAGE)).withExposedPorts(PORT)
				.withCommand("redis-server", "--protected-mode", "no")
				.waitingFor(Wait.forLogMessage(".*Ready to accept connections.*", 1));
		}

	}

	static final class ImageOfRedis extends ImageIsThere {

		ImageOfRedis() {
			super(IMAGE, "redis:8");
		}

	}

}
