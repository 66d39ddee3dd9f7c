package io.coordination.sample.environment;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.coordination.sample.FreePorts;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The Redis that the instances share when there is none.
 */
class SharedRedisTests {

	private final RedisClient client = RedisClient.create();

	private final RedisProbe probe = new RedisProbe(this.client);

	private final int port = FreePorts.next();

	private final int nothing = FreePorts.next();

	@TempDir
	Path directory;

	@AfterEach
	void shutdown() {
		try (StatefulRedisConnection<String, String> left = this.probe.connect(this.port)) {
			assertThat(left).as("a server that was left behind").isNull();
		}
		finally {
			this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		}
	}

	@Test
	void lastInstanceStopsTheServer() {
		SharedRedis first = new SharedRedis(this.directory, this.port);
		SharedRedis second = new SharedRedis(this.directory, this.port);
		assertThat(first.open(this.nothing)).isEqualTo(this.port);
		assertThat(second.open(this.nothing)).isEqualTo(this.port);
		first.destroy();
		assertThat(answers()).isTrue();
		second.destroy();
		assertThat(answers()).isFalse();
	}

	@Test
	void instancesThatStartAtTheSameMomentShareOneServer() {
		SharedRedis one = new SharedRedis(this.directory, this.port);
		SharedRedis other = new SharedRedis(this.directory, this.port);
		CompletableFuture<Integer> opened = CompletableFuture.supplyAsync(() -> one.open(this.nothing));
		assertThat(other.open(this.nothing)).isEqualTo(opened.join()).isEqualTo(this.port);
		one.destroy();
		other.destroy();
	}

	@Test
	void serverThatDiedIsStartedAgain() {
		SharedRedis redis = new SharedRedis(this.directory, this.port);
		redis.open(this.nothing);
		try (StatefulRedisConnection<String, String> connection = this.probe.connect(this.port)) {
			connection.sync().shutdown(false);
			Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !connection.isOpen());
		}
		Awaitility.await().atMost(Duration.ofSeconds(60)).until(this::answers);
		redis.destroy();
	}

	@Test
	void redisOfSomebodyElseIsUsedAndNotStopped() {
		int otherPort = FreePorts.next();
		SharedRedis somebodyElse = new SharedRedis(this.directory, otherPort);
		somebodyElse.open(this.nothing);
		SharedRedis redis = new SharedRedis(this.directory, this.port);
		assertThat(redis.open(otherPort)).isEqualTo(otherPort);
		redis.destroy();
		try (StatefulRedisConnection<String, String> connection = this.probe.connect(otherPort)) {
			assertThat(connection).isNotNull();
		}
		somebodyElse.destroy();
	}

	@Test
	void portThatIsTakenIsNamed() throws Exception {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			SharedRedis redis = new SharedRedis(this.directory, socket.getLocalPort(), Duration.ofSeconds(1));
			assertThatIllegalStateException().isThrownBy(() -> redis.open(this.nothing))
				.withMessageContaining("did not start on 127.0.0.1:" + socket.getLocalPort())
				.withMessageContaining("--sample.redis-port")
				.withMessageContaining("Address already in use");
			redis.destroy();
		}
	}

	private boolean answers() {
		try (StatefulRedisConnection<String, String> connection = this.probe.connect(this.port, this.directory)) {
			return connection != null;
		}
	}

}
