package io.coordination.zookeeper;

import java.time.Duration;

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
			Duration.ofMillis(500), ROOT, Access.OPEN);

	@Test
	void shortSessionIsWarnedOf() {
		assertThat(ContractClient.answer(process().backend().check())).singleElement()
			.asString()
			.startsWith("The session with ZooKeeper is only 4000 ms long")
			.contains("'coordination.zookeeper.session-timeout'");
	}

	@Test
	void sessionThatTheServerCutsShortIsWarnedOf() {
		ZookeeperProcess process = process(ZookeeperLockSettings.defaults());
		assertThat(ContractClient.answer(process.backend().check())).singleElement()
			.asString()
			.startsWith("The session with ZooKeeper is only 4000 ms long");
		assertThat(process.acquire(request()).validity()).isEqualTo(Duration.ofSeconds(3));
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
			assertThat(failure).hasMessage("ZooKeeper cannot be reached. Check that it runs, and "
					+ "'coordination.zookeeper.connect-string'");
			assertThat(failure.mayHaveApplied()).isFalse();
		}
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

}
