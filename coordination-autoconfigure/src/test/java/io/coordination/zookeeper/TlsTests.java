package io.coordination.zookeeper;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.NestedExceptionUtils;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.backend.BackendException;
import io.coordination.backend.Certificate;
import io.coordination.backend.ContractClient;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Locks over TLS.
 */
class TlsTests {

	private static final String PREFIX = "coordination.zookeeper.";

	private static final AutoConfigurations AUTO_CONFIGURATIONS = AutoConfigurations
		.of(ZookeeperLockAutoConfiguration.class, CoordinationAutoConfiguration.class);

	@TempDir
	private static Path directory;

	private static Certificate certificate;

	private static TlsServer server;

	@BeforeAll
	static void start() throws Exception {
		certificate = Certificate.make(directory, "server", "dns:localhost,ip:127.0.0.1");
		server = TlsServer.start(directory, certificate, "none");
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void serverThatIsVouchedForIsUsed() {
		runner(PREFIX + "ssl.trust-store=file:" + certificate.certificate()).run((context) -> {
			LockHandle handle = context.getBean(LockRegistry.class).acquire("order:42");
			assertThat(handle.verify().toCompletableFuture().get()).isTrue();
			assertThat(handle.release()).isTrue();
		});
	}

	@Test
	void clientShowsItsCertificate() throws Exception {
		try (TlsServer asking = TlsServer.start(directory, certificate, "need")) {
			ApplicationContextRunner runner = runner(PREFIX + "ssl.trust-store=" + certificate.certificate(),
					PREFIX + "connect-string=" + asking.address());
			assertThat(failure(runner)).contains("cannot be reached");
			runner
				.withPropertyValues(PREFIX + "ssl.key-store=" + certificate.store(),
						PREFIX + "ssl.key-store-password=" + Certificate.PASSWORD)
				.run((context) -> context.getBean(LockRegistry.class).acquire("order:42").close());
		}
	}

	@Test
	void serverOfAnotherAuthorityIsRefused() throws Exception {
		Path other = Certificate.make(directory, "other", "dns:localhost,ip:127.0.0.1").certificate();
		assertThat(failure(runner(PREFIX + "ssl.trust-store=" + other)))
			.contains("ZooKeeper cannot be reached. Check that it "
					+ "runs, 'coordination.zookeeper.connect-string', and '.ssl' if it wants TLS");
		assertThat(failure(runner(PREFIX + "ssl.enabled=true"))).contains("cannot be reached");
	}

	@Test
	void serverOfAnotherNameIsRefused() throws Exception {
		Certificate another = Certificate.make(directory, "another", "dns:example.org");
		try (TlsServer pretending = TlsServer.start(directory, another, "none")) {
			assertThat(failure(runner(PREFIX + "ssl.trust-store=" + another.certificate(),
					PREFIX + "connect-string=" + pretending.address())))
				.contains("cannot be reached");
		}
	}

	@Test
	void plainClientIsRefused() {
		try (ZookeeperProcess process = new ZookeeperProcess(ZookeeperLockBackendFactory.of(address(), null,
				new ZookeeperLockSettings(Duration.ofSeconds(4), Duration.ofSeconds(10), Duration.ofSeconds(1),
						"/coordination", ZookeeperLockSettings.Access.OPEN)))) {
			BackendException failure = ContractClient.failure(process.backend().check());
			assertThat(failure).hasMessageContaining("'.ssl' if it wants TLS");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					ssl.trust-store=missing.pem                                     | ssl.trust-store' cannot be used: 'missing.pem'
					ssl.key-store=file:missing.p12                                  | ssl.key-store' cannot be used: 'file:missing.p12'
					ssl.key-store=classpath:missing.p12                             | ssl.key-store' cannot be used: 'classpath:missing.p12'
					""")
	void fileThatIsMissingIsNamed(String property, String message) {
		assertThat(failure(runner(PREFIX + property))).contains(message);
	}

	@Test
	void passwordThatDoesNotOpenTheStoreIsToldAndNotSaid() {
		assertThat(failure(
				runner(PREFIX + "ssl.key-store=" + certificate.store(), PREFIX + "ssl.key-store-password=wr0ng")))
			.contains("'coordination.zookeeper.ssl' cannot be used: a store cannot be opened (")
			.doesNotContain("wr0ng");
	}

	@Test
	void clientOfTheApplicationDecidesItself() {
		try (CuratorFramework client = CuratorFrameworkFactory.newClient(address(), new RetryOneTime(1))) {
			client.start();
			new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
				.withBean(CuratorFramework.class, () -> client)
				.withPropertyValues(PREFIX + "ssl.enabled=true")
				.run((context) -> assertThat(message(context.getStartupFailure()))
					.contains("'coordination.zookeeper.ssl' is set, but not 'coordination.zookeeper.connect-string'"));
		}
	}

	private static ApplicationContextRunner runner(String... properties) {
		return new ApplicationContextRunner().withConfiguration(AUTO_CONFIGURATIONS)
			.withPropertyValues(PREFIX + "connect-string=" + address(), PREFIX + "session-timeout=4s",
					"coordination.fail-fast=true", "spring.application.name=shop")
			.withPropertyValues(properties);
	}

	private static String failure(ApplicationContextRunner runner) {
		List<String> messages = new ArrayList<>();
		runner.withPropertyValues(PREFIX + "connection-timeout=5s")
			.run((context) -> messages.add(message(context.getStartupFailure())));
		return messages.get(0);
	}

	private static String message(Throwable failure) {
		assertThat(failure).isNotNull();
		Throwable ex = failure;
		while (!(ex instanceof FailureAnalyzedException) && ex.getCause() != null) {
			ex = ex.getCause();
		}
		return (ex instanceof FailureAnalyzedException known)
				? known.analysis().getDescription() + " " + known.analysis().getAction()
				: String.valueOf(NestedExceptionUtils.getMostSpecificCause(failure));
	}

	private static String address() {
		return server.address();
	}

}
