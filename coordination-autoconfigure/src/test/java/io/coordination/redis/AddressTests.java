package io.coordination.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.BackendLease;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Locks go where the application's connections go, or nowhere.
 */
class AddressTests extends RedisFixture {

	private final RedisCommands<String, String> redis = redis();

	@Test
	void databaseOfTheApplicationIsUsed() throws InterruptedException {
		RedisStandaloneConfiguration configuration = configuration();
		configuration.setDatabase(3);
		RedisProcess process = process(new LettuceConnectionFactory(configuration));
		BackendLease held = process.acquire(request());
		assertThat(stored(this.redis)).isEmpty();
		this.redis.select(3);
		assertThat(stored(this.redis)).containsExactly(keys().fence(), keys().lock());
		RedisProcess.Place place = process.await(request());
		process.release(held);
		place.pushed();
	}

	/**
	 * Then the factory gives away another configuration than the one it uses.
	 */
	@Test
	void configurationOfUnnamedTypeIsUsed() {
		RedisStandaloneConfiguration configuration = configuration();
		configuration.setDatabase(4);
		RedisConfiguration unnamed = configuration;
		LettuceConnectionFactory connections = new LettuceConnectionFactory(unnamed);
		assertThat(connections.getStandaloneConfiguration().getPort()).isEqualTo(6379);
		process(connections).acquire(request());
		this.redis.select(4);
		assertThat(stored(this.redis)).containsExactly(keys().fence(), keys().lock());
	}

	/**
	 * Spring's way to name replicas has none to tell which of them became the master.
	 */
	@Test
	void listOfMasterAndReplicasIsRefused() {
		RedisStaticMasterReplicaConfiguration servers = new RedisStaticMasterReplicaConfiguration("10.0.0.1");
		servers.node("10.0.0.2");
		LettuceConnectionFactory connections = new LettuceConnectionFactory(servers);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> RedisClients.open(connections, RedisLockSettings.defaults().commandTimeout()))
			.withMessage("Locks in Redis need one server, Sentinel or a cluster: the connection factory is for "
					+ "a master and its replicas. "
					+ "Give the locks a factory of their own, marked with @CoordinationRedis");
	}

	@Test
	void applicationsClientIsNotUsed() {
		LettuceConnectionFactory connections = new LettuceConnectionFactory(configuration());
		RedisProcess process = closing(new RedisProcess(connections, PATIENT));
		process.acquire(request());
		assertThat(connections.isRunning()).isFalse();
	}

	@Test
	void closedBackendSaysSo() {
		RedisProcess process = process();
		process.acquire(request());
		process.backend().close();
		process.backend().close();
		assertThat(RedisProcess.failure(process.backend().tryAcquire(request())))
			.hasMessage("The connection for locks in Redis is closed");
		assertThat(process.backend().check().toCompletableFuture()).failsWithin(20, TimeUnit.SECONDS);
	}

	@Test
	void serverThatClosesNewConnectionsIsNamedAsSuch() throws IOException {
		try (ServerSocket closing = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			Thread server = new Thread(() -> {
				try (Socket connection = closing.accept()) {
					assertThat(connection.getInputStream().read(new byte[1024])).isPositive();
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
			});
			server.start();
			RedisProcess process = process(new LettuceConnectionFactory(
					new RedisStandaloneConfiguration("127.0.0.1", closing.getLocalPort())));
			assertThat(RedisProcess.failure(process.backend().tryAcquire(request())))
				.hasMessage("Redis closed the connection while it was being made. "
						+ "Check the user, the password and TLS ('spring.data.redis.*')");
		}
	}

	private RedisStandaloneConfiguration configuration() {
		return new RedisStandaloneConfiguration(server().host(), server().port());
	}

	private RedisProcess process(LettuceConnectionFactory connections) {
		connections.afterPropertiesSet();
		return closing(new RedisProcess(connections, PATIENT));
	}

}
