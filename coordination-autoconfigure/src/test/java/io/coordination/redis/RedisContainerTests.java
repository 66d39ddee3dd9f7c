package io.coordination.redis;

import java.util.concurrent.TimeUnit;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.PullImageResultCallback;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;
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

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockState;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Locks in a container that Testcontainers starts, found by its service connection. Runs
 * where {@code coordination.test.redis-image} names an image; without being told so,
 * nobody asks Docker, as an engine that cannot pull images is silent for minutes.
 */
@ExtendWith(RedisContainerTests.ImageIsThere.class)
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

	/**
	 * Says why the tests cannot run.
	 */
	static final class ImageIsThere implements ExecutionCondition {

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			String image = System.getProperty(IMAGE);
			if (image == null) {
				return ConditionEvaluationResult
					.disabled("Docker is only asked if told so, for example by -D" + IMAGE + "=redis:8");
			}
			if (!DockerClientFactory.instance().isDockerAvailable()) {
				return ConditionEvaluationResult.disabled("No Docker engine answers");
			}
			return (isPresent(image) || isPulled(image)) ? ConditionEvaluationResult.enabled("There is " + image)
					: ConditionEvaluationResult.disabled("Docker neither has " + image + " nor can it pull it");
		}

		private static boolean isPresent(String image) {
			try {
				client().inspectImageCmd(image).exec();
				return true;
			}
			catch (NotFoundException ex) {
				return false;
			}
		}

		private static boolean isPulled(String image) {
			try {
				return client().pullImageCmd(image)
					.exec(new PullImageResultCallback())
					.awaitCompletion(2, TimeUnit.MINUTES) && isPresent(image);
			}
			catch (DockerException ex) {
				return false;
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException(ex);
			}
		}

		private static DockerClient client() {
			return DockerClientFactory.instance().client();
		}

	}

}
