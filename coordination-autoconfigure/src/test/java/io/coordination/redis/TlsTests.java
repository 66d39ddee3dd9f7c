package io.coordination.redis;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

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

	private int port;

	private RedisServer server;

	@BeforeEach
	void start() throws Exception {
		start("ip:127.0.0.1");
	}

	private void start(String hosts) throws Exception {
		List<String> files = certificate("server", hosts);
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			this.port = socket.getLocalPort();
		}
		try {
			this.server = closing(RedisServer.start("--tls-port", String.valueOf(this.port), "--tls-cert-file",
					files.get(0), "--tls-key-file", files.get(1), "--tls-ca-cert-file", files.get(0),
					"--tls-auth-clients", "no"));
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
					"spring.ssl.bundle.pem.redis.truststore.certificate=file:" + this.directory.resolve("server.crt"))
			.run((context) -> {
				LockHandle handle = context.getBean(LockRegistry.class).acquire("order:42");
				assertThat(redis().keys("*")).contains("coordination:shop:{order:42}");
				assertThat(handle.release()).isTrue();
			});
	}

	@Test
	void grantsArePushedOverTlsToo() throws InterruptedException {
		RedisProcess process = process(this.directory.resolve("server.crt"), true);
		BackendLease held = process.acquire(request());
		RedisProcess.Place place = process.await(request());
		process.release(held);
		place.pushed();
	}

	@Test
	void serverOfAnotherAuthorityIsRefused() throws Exception {
		Path other = Path.of(certificate("other", "ip:127.0.0.1").get(0));
		assertThat(RedisProcess.failure(process(other, true).backend().tryAcquire(request())))
			.hasMessageStartingWith("Redis cannot be reached: ")
			.hasMessageContaining("certification path")
			.hasMessageEndingWith(". Check that it runs, and 'spring.data.redis.*'");
		assertThat(stored(redis())).isEmpty();
	}

	@Test
	void serverOfAnotherNameIsRefusedUnlessTheApplicationDoesNotVerify() throws Exception {
		Files.delete(this.directory.resolve("server.p12"));
		start("dns:example.org");
		RedisProcess process = process(this.directory.resolve("server.crt"), true);
		assertThat(RedisProcess.failure(process.backend().tryAcquire(request())))
			.hasMessageStartingWith("Redis cannot be reached: ")
			.hasMessageContaining("127.0.0.1");
		process(this.directory.resolve("server.crt"), false).acquire(request());
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

	/**
	 * Makes a certificate that vouches for itself.
	 * @return the files of the certificate and of its key
	 */
	private List<String> certificate(String name, String hosts) throws Exception {
		Path store = this.directory.resolve(name + ".p12");
		run(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-keyalg",
				"RSA", "-keysize", "2048", "-validity", "2", "-alias", name, "-dname", "CN=" + name, "-ext",
				"san=" + hosts, "-ext", "bc=ca:true", "-storetype", "PKCS12", "-keystore", store.toString(),
				"-storepass", "changeit"));
		char[] password = "changeit".toCharArray();
		KeyStore keys = KeyStore.getInstance(store.toFile(), password);
		return List.of(write(name + ".crt", "CERTIFICATE", keys.getCertificate(name).getEncoded()),
				write(name + ".key", "PRIVATE KEY", keys.getKey(name, password).getEncoded()));
	}

	private String write(String file, String kind, byte[] bytes) throws IOException {
		List<String> lines = new ArrayList<>();
		lines.add("-----BEGIN " + kind + "-----");
		lines.add(Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(bytes));
		lines.add("-----END " + kind + "-----");
		return Files.write(this.directory.resolve(file), lines, StandardCharsets.US_ASCII).toString();
	}

	private static void run(List<String> command) throws Exception {
		Process process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		assertThat(process.waitFor()).isZero();
	}

}
