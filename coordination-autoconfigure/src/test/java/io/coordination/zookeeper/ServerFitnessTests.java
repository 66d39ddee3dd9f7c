package io.coordination.zookeeper;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import io.coordination.backend.BackendException;
import io.coordination.backend.ContractClient;
import io.coordination.zookeeper.ZookeeperLockSettings.Access;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is said of servers and settings that locks cannot, or should not, rely on.
 */
class ServerFitnessTests extends ZookeeperFixture {

	private static final ZookeeperLockSettings HURRIED = new ZookeeperLockSettings(Duration.ofSeconds(20),
			Duration.ofMillis(500), Duration.ofMillis(500), ROOT, Access.OPEN);

	@Test
	void shortSessionWithASingleServerIsFine() {
		assertThat(ContractClient.answer(process().backend().check())).isEmpty();
	}

	@Test
	void sessionThatTheServerCutsShortIsReliedOnForLess() {
		ZookeeperProcess process = process(ZookeeperLockSettings.defaults());
		assertThat(process.acquire(request()).validity()).isEqualTo(Duration.ofSeconds(10));
	}

	@Test
	void pathOfTheConnectStringThatIsMissingIsNamed() {
		ZookeeperProcess process = closing(
				new ZookeeperProcess(ZookeeperLockBackendFactory.of(server().address() + "/missing", null, SHORT)));
		BackendException failure = ContractClient.failure(process.backend().check());
		assertThat(failure).hasMessage("There is no node above '/' in ZooKeeper: create the path that ends "
				+ "'coordination.zookeeper.connect-string', or remove it there");
		assertThat(ContractClient.failure(process.backend().tryAcquire(request())))
			.hasMessageContaining("'coordination.zookeeper.connect-string'");
	}

	@Test
	void pathOfTheConnectStringIsKeptTo() throws Exception {
		ZookeeperProcess setUp = undisturbed();
		ZookeeperLease lease = setUp.acquire(request());
		String chroot = lockPath();
		ZookeeperProcess process = closing(
				new ZookeeperProcess(ZookeeperLockBackendFactory.of(server().address() + ROOT, null, SHORT)));
		ZookeeperLease other = process.acquire(request());
		assertThat(server().children(ROOT + chroot)).containsExactly(LockPath.name(other.path()));
		ZookeeperProcess.Place place = process.enqueue(request());
		place.pollInVain();
		assertThat(process.holds(other)).isTrue();
		assertThat(process.release(other)).isTrue();
		assertThat(process.release(place.pushed())).isTrue();
		assertThat(setUp.holds(lease)).isTrue();
	}

	@Test
	void serverThatIsNotThereIsNamed() {
		ZookeeperProcess process = closing(
				new ZookeeperProcess(ZookeeperLockBackendFactory.of("127.0.0.1:1", null, HURRIED)));
		for (int i = 0; i < 2; i++) {
			BackendException failure = ContractClient.failure(process.backend().check());
			assertThat(failure).hasMessage("ZooKeeper cannot be reached. Check that it runs, "
					+ "'coordination.zookeeper.connect-string', and '.ssl' if it wants TLS");
			assertThat(failure.mayHaveApplied()).isFalse();
		}
	}

	@Test
	void checkWaitsForTheFirstConnectionForLongerThanForAnAnswer() {
		server().proxy().refuse();
		ZookeeperProcess process = closing(new ZookeeperProcess(
				ZookeeperLockBackendFactory.of(server().proxy().address(), null, new ZookeeperLockSettings(
						Duration.ofSeconds(4), Duration.ofSeconds(30), Duration.ofSeconds(1), ROOT, Access.OPEN))));
		CompletableFuture<Collection<String>> check = process.backend().check().toCompletableFuture();
		BackendException failure = ContractClient.failure(process.backend().tryAcquire(request()));
		assertThat(failure).hasMessageStartingWith("ZooKeeper cannot be reached.");
		assertThat(check).isNotDone();
		server().proxy().pass();
		assertThat(check).succeedsWithin(Duration.ofSeconds(20));
	}

	@Test
	void silentServerIsNotWaitedForWhenClosing() throws Exception {
		ZookeeperProcess process = process();
		process.acquire(request());
		server().proxy().stall();
		long start = System.nanoTime();
		process.close();
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
		server().proxy().pass();
		patiently().until(() -> nodes().isEmpty());
		patiently().until(() -> Thread.getAllStackTraces()
			.keySet()
			.stream()
			.noneMatch((thread) -> thread.getName().equals("coordination-zookeeper-close")));
	}

	@Test
	void serverThatIsTooOldIsNamed() throws Exception {
		try (ServerSocket old = saying(
				"Zookeeper version: 3.4.14-4c25d480e66aadd371de8bd2fd8da255ac140bcf, built on\n")) {
			String problem = versions(server().port(), old.getLocalPort()).tooOld().toCompletableFuture().join();
			assertThat(problem).isEqualTo("ZooKeeper 3.4.14 at 127.0.0.1:" + old.getLocalPort()
					+ " is too old for locks: they need 3.5.3 or newer, which has containers");
		}
		try (ServerSocket old = saying("Zookeeper version: 3.5.2-alpha\n")) {
			assertThat(versions(old.getLocalPort()).tooOld().toCompletableFuture().join()).contains("3.5.2");
		}
	}

	@Test
	void serverThatIsNewEnoughOrSaysNothingIsPassed() throws Exception {
		assertThat(versions(server().port(), 1).tooOld().toCompletableFuture().join()).isNull();
		for (String answer : List.of("Zookeeper version: 3.5.3-beta\n", "Zookeeper version: 4.0.0\n",
				"srvr is not executed because it is not in the whitelist.\n", "")) {
			try (ServerSocket other = saying(answer)) {
				assertThat(versions(other.getLocalPort()).tooOld().toCompletableFuture().join()).as(answer).isNull();
			}
		}
		try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
			assertThat(versions(silent.getLocalPort()).tooOld().toCompletableFuture().join()).isNull();
		}
	}

	@Test
	void serversThatTheClientKnowsOfAreAsked() {
		assertThat(process().versions().servers())
			.extracting((server) -> server.getHostString() + ":" + server.getPort())
			.containsExactly(server().proxy().address());
	}

	private static ServerVersions versions(int... ports) {
		return new ServerVersions(
				Arrays.stream(ports).mapToObj((port) -> InetSocketAddress.createUnresolved("127.0.0.1", port)).toList(),
				Duration.ofSeconds(5));
	}

	/**
	 * A server that says one thing to everybody.
	 */
	private static ServerSocket saying(String answer) throws IOException {
		ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
		Thread thread = new Thread(() -> {
			while (!listener.isClosed()) {
				try (Socket client = listener.accept()) {
					client.getInputStream().readNBytes(4);
					client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
				}
				catch (IOException ex) {
					// closed
				}
			}
		}, "saying");
		thread.setDaemon(true);
		thread.start();
		return listener;
	}

}
