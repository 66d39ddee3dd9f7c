package io.coordination.zookeeper;

import java.lang.reflect.Constructor;
import java.util.List;
import java.util.Map;

import org.apache.zookeeper.KeeperException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetailsFactories;
import org.springframework.boot.docker.compose.core.ConnectionPorts;
import org.springframework.boot.docker.compose.core.ImageReference;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.Environment;
import org.springframework.mock.env.MockEnvironment;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.LockRegistry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Services that were started for the application.
 */
class ZookeeperConnectionDetailsTests extends ZookeeperFixture {

	private static final String PREFIX = "coordination.zookeeper.";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ZookeeperLockAutoConfiguration.class, CoordinationAutoConfiguration.class))
		.withPropertyValues("spring.application.name=shop", "coordination.fail-fast=true");

	@Test
	void serviceIsReasonEnoughToLockThere() {
		this.runner.withBean(ZookeeperConnectionDetails.class, () -> () -> server().address())
			.run((context) -> context.getBean(LockRegistry.class).acquire("order:42").close());
	}

	@Test
	void serviceGoesBeforeTheProperties() {
		this.runner.withBean(ZookeeperConnectionDetails.class, () -> () -> server().address())
			.withPropertyValues(PREFIX + "connect-string=127.0.0.1:1", PREFIX + "username=nobody",
					PREFIX + "password=there", PREFIX + "root-path=/of-a-service")
			.run((context) -> {
				context.getBean(LockRegistry.class).acquire("order:42").close();
				assertThat(server().look().getACL("/of-a-service/locks", null)).singleElement()
					.satisfies((acl) -> assertThat(acl.getId().getScheme()).isEqualTo("world"));
			});
	}

	@Test
	void credentialsOfTheServiceAreUsed() {
		ZookeeperConnectionDetails details = new ZookeeperConnectionDetails() {

			@Override
			public String getConnectString() {
				return server().address();
			}

			@Override
			public String getUsername() {
				return "locks";
			}

			@Override
			public String getPassword() {
				return "s3cret";
			}

		};
		this.runner.withBean(ZookeeperConnectionDetails.class, () -> details)
			.withPropertyValues(PREFIX + "root-path=/guarded-by-a-service")
			.run((context) -> {
				context.getBean(LockRegistry.class).acquire("order:42").close();
				assertThatExceptionOfType(KeeperException.NoAuthException.class)
					.isThrownBy(() -> server().children("/guarded-by-a-service/locks"));
			});
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "zookeeper", "zookeeper:3.9", "bitnami/zookeeper:latest", "example.org/library/zookeeper" })
	void dockerComposeTellsWhereAServiceIs(String image) throws Exception {
		Map<Class<?>, ConnectionDetails> details = details(new Service(image, Map.of()));
		assertThat(details).hasSize(1);
		assertThat(details.get(ZookeeperConnectionDetails.class)).isInstanceOfSatisfying(
				ZookeeperConnectionDetails.class,
				(zookeeper) -> assertThat(zookeeper.getConnectString()).isEqualTo("127.0.0.1:32181"));
	}

	@Test
	void dockerComposeGoesByTheLabel() throws Exception {
		assertThat(details(new Service("own/keeper", Map.of()))).isEmpty();
		assertThat(
				details(new Service("own/keeper", Map.of("org.springframework.boot.service-connection", "zookeeper"))))
			.containsOnlyKeys(ZookeeperConnectionDetails.class);
	}

	private static Map<Class<?>, ConnectionDetails> details(RunningService service) throws Exception {
		Constructor<DockerComposeConnectionSource> constructor = DockerComposeConnectionSource.class
			.getDeclaredConstructor(RunningService.class, Environment.class);
		constructor.setAccessible(true);
		return new ConnectionDetailsFactories(null)
			.getConnectionDetails(constructor.newInstance(service, new MockEnvironment()), false);
	}

	/**
	 * What Docker Compose tells of a service.
	 */
	private record Service(String reference, Map<String, String> labels) implements RunningService {

		@Override
		public String name() {
			return "keeper";
		}

		@Override
		public ImageReference image() {
			return ImageReference.of(this.reference);
		}

		@Override
		public String host() {
			return "127.0.0.1";
		}

		@Override
		public ConnectionPorts ports() {
			return new ConnectionPorts() {

				@Override
				public int get(int containerPort) {
					return 30_000 + containerPort;
				}

				@Override
				public List<Integer> getAll() {
					return List.of(get(2181));
				}

				@Override
				public List<Integer> getAll(String protocol) {
					return getAll();
				}

			};
		}

		@Override
		public Map<String, String> env() {
			return Map.of();
		}

	}

}
