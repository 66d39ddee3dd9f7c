package io.coordination.redis;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.backend.BackendLease;
import io.coordination.backend.Certificate;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.SslOptions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Locks over TLS, trusted as the application trusts.
 */
class TlsTests extends RedisFixture {

	@TempDir
	private Path directory;

	private Certificate certificate;

	private int port;

	private RedisServer server;

	@BeforeEach
	void start() throws Exception {
		start("ip:127.0.0.1");
	}

	private void start(String hosts) throws Exception {
		this.certificate = Certificate.make(this.directory, "server", hosts);
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			this.port = socket.getLocalPort();
		}
		try {
			this.server = closing(RedisServer.start("--tls-port", String.valueOf(this.port), "--tls-cert-file",
					this.certificate.certificate().toString(), "--tls-key-file", this.certificate.key().toString(),
					"--tls-ca-cert-file", this.certificate.certificate().toString(), "--tls-auth-clients", "no"));
		}
		catch (IllegalStateException ex) {
			assumeThat(ex.getMessage()).as("the redis-server has no TLS").doesNotContain("tls-port");
			throw ex;
		}
	}

	@Override
	RedisServer server() {
		return this.server;
	}

	@Test
	void bundleOfTheApplicationIsUsed() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, DataRedisAutoConfiguration.class,
					RedisLockAutoConfiguration.class, CoordinationAutoConfiguration.class))
			.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + this.port,
					"spring.data.redis.ssl.bundle=redis", "spring.application.name=shop",
					"spring.ssl.bundle.pem.redis.truststore.certificate=file:" + this.certificate.certificate())
			.run((context) -> {
				LockHandle handle = context.getBean(LockRegistry.class).acquire("order:42");
				assertThat(redis().keys("*")).contains("coordination:shop:{order:42}");
				assertThat(handle.release()).isTrue();
			});
	}

	@Test
	void grantsArePushedOverTlsToo() throws InterruptedException {
		RedisProcess process = process(this.certificate.certificate(), true);
		BackendLease held = process.acquire(request());
		RedisProcess.Place place = process.await(request());
		process.release(held);
		place.pushed();
	}

	@Test
	void serverOfAnotherAuthorityIsRefused() throws Exception {
		Path other = Certificate.make(this.directory, "other", "ip:127.0.0.1").certificate();
		assertThat(RedisProcess.failure(process(other, true).backend().tryAcquire(request())))
			.hasMessageStartingWith("Redis cannot be reached: ")
			.hasMessageContaining("certification path")
			.hasMessageEndingWith(". Check that it runs, and 'spring.data.redis.*'");
		assertThat(stored(redis())).isEmpty();
	}

	@Test
	void serverOfAnotherNameIsRefusedUnlessTheApplicationDoesNotVerify() throws Exception {
		start("dns:example.org");
		RedisProcess process = process(this.certificate.certificate(), true);
		assertThat(RedisProcess.failure(process.backend().tryAcquire(request())))
			.hasMessageStartingWith("Redis cannot be reached: ")
			.hasMessageContaining("127.0.0.1");
		process(this.certificate.certificate(), false).acquire(request());
	}

	@Test
	void plainClientIsRefused() {
		LettuceConnectionFactory connections = new LettuceConnectionFactory(
				new RedisStandaloneConfiguration("127.0.0.1", this.port));
		connections.afterPropertiesSet();
		RedisProcess process = closing(new RedisProcess(connections, PATIENT));
		assertThat(RedisProcess.failure(process.backend().tryAcquire(request())))
			.hasMessageStartingWith("Redis cannot be reached: ");
	}

	private RedisProcess process(Path trusted, boolean verify) {
		return closing(new RedisProcess(connections(trusted, verify), PATIENT));
	}

	private LettuceConnectionFactory connections(Path trusted, boolean verify) {
		SslOptions ssl = SslOptions.builder().jdkSslProvider().trustManager(trusted.toFile()).build();
		LettuceClientConfiguration.LettuceSslClientConfigurationBuilder builder = LettuceClientConfiguration.builder()
			.clientOptions(ClientOptions.builder().sslOptions(ssl).build())
			.useSsl();
		if (!verify) {
			builder.disablePeerVerification();
		}
		LettuceConnectionFactory connections = new LettuceConnectionFactory(
				new RedisStandaloneConfiguration("127.0.0.1", this.port), builder.build());
		connections.afterPropertiesSet();
		return connections;
	}

}
