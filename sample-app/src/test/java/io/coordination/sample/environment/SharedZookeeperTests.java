package io.coordination.sample.environment;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The ZooKeeper that the instances share when none is configured.
 */
class SharedZookeeperTests {

	private static final String NODE = "/node";

	@TempDir
	Path directory;

	private ZookeeperHome home;

	/** Those of the applications that earlier tests of this process have kept open. */
	private List<ProcessHandle> others;

	@BeforeEach
	void makeHome() {
		this.home = new ZookeeperHome(this.directory);
		this.others = servers().toList();
	}

	@AfterEach
	void nothingIsLeft() {
		await().untilAsserted(() -> {
			assertThat(serverProcess()).as("a server that was left behind").isNull();
			assertThat(this.home.data()).doesNotExist();
		});
	}

	@Test
	void serverEndsWithTheLastInstanceAndItsDataIsRemoved() throws Exception {
		SharedZookeeper first = new SharedZookeeper(this.directory);
		SharedZookeeper second = new SharedZookeeper(this.directory);
		String address = first.open();
		assertThat(second.open()).isEqualTo(address).startsWith("127.0.0.1:");
		first.destroy();
		assertThat(answers(address)).isTrue();
		second.destroy();
		assertThat(answers(address)).isFalse();
		assertThat(this.home.server()).doesNotExist();
	}

	@Test
	void instancesThatStartAtTheSameMomentShareOneServer() {
		SharedZookeeper one = new SharedZookeeper(this.directory);
		SharedZookeeper other = new SharedZookeeper(this.directory);
		CompletableFuture<String> opened = CompletableFuture.supplyAsync(one::open);
		assertThat(other.open()).isEqualTo(opened.join());
		one.destroy();
		other.destroy();
	}

	@Test
	void serverThatDiedIsStartedAgainWhereItWasAndWithItsData() throws Exception {
		SharedZookeeper zookeeper = new SharedZookeeper(this.directory);
		String address = zookeeper.open();
		try (CuratorFramework client = client(address)) {
			client.create().forPath(NODE);
			ProcessHandle before = serverProcess();
			before.destroyForcibly();
			await().until(() -> serverProcess() != null && serverProcess().pid() != before.pid());
			await().ignoreExceptions().untilAsserted(() -> assertThat(client.checkExists().forPath(NODE)).isNotNull());
		}
		zookeeper.destroy();
	}

	@Test
	void whatAServerLeftBehindIsNotTakenForAnother() throws Exception {
		Files.createDirectories(this.home.data());
		Path left = Files.writeString(this.home.data().resolve("left"), "behind");
		this.home.write("127.0.0.1:1");
		SharedZookeeper zookeeper = new SharedZookeeper(this.directory);
		String address = zookeeper.open();
		assertThat(address).isNotEqualTo("127.0.0.1:1");
		assertThat(left).doesNotExist();
		assertThat(answers(address)).isTrue();
		zookeeper.destroy();
	}

	@Test
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "There it is the terminal that sends it, to all")
	void interruptFromATerminalDoesNotEndTheServer() throws Exception {
		SharedZookeeper zookeeper = new SharedZookeeper(this.directory);
		String address = zookeeper.open();
		ProcessHandle server = serverProcess();
		assertThat(new ProcessBuilder("kill", "-INT", String.valueOf(server.pid())).start().waitFor()).isZero();
		await().during(Duration.ofSeconds(1)).until(server::isAlive);
		assertThat(answers(address)).isTrue();
		zookeeper.destroy();
	}

	@Test
	void serverThatCannotStartSaysWhy() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
				Presence other = Presence.announce(this.home.instances().resolve("other"))) {
			assertThat(other).isNotNull();
			this.home.write("127.0.0.1:" + socket.getLocalPort());
			SharedZookeeper zookeeper = new SharedZookeeper(this.directory);
			assertThatIllegalStateException().isThrownBy(zookeeper::open)
				.withMessageStartingWith("The ZooKeeper of the sample ended at once")
				.withMessageContaining("--coordination.zookeeper.connect-string")
				.withMessageContaining("Address already in use");
			zookeeper.destroy();
		}
		this.home.remove();
	}

	private ProcessHandle serverProcess() {
		return servers().filter((server) -> !this.others.contains(server)).findFirst().orElse(null);
	}

	private static Stream<ProcessHandle> servers() {
		return ProcessHandle.current()
			.children()
			.filter((child) -> child.info()
				.commandLine()
				.filter((line) -> line.contains("zookeeper-logback.xml"))
				.isPresent());
	}

	private static boolean answers(String address) throws Exception {
		try (CuratorFramework client = client(address)) {
			return client.getZookeeperClient().blockUntilConnectedOrTimedOut();
		}
	}

	private static CuratorFramework client(String address) {
		CuratorFramework client = CuratorFrameworkFactory.newClient(address, 10_000, 2000, new RetryNTimes(3, 100));
		client.start();
		return client;
	}

	private static ConditionFactory await() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

}
