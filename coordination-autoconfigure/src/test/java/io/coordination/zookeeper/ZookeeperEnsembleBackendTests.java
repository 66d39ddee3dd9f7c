package io.coordination.zookeeper;

import java.time.Duration;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.coordination.backend.ContractClient;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract on three servers, among which the clients are spread.
 */
class ZookeeperEnsembleBackendTests extends ZookeeperContract {

	private static final int ROUNDS = 300;

	@BeforeAll
	static void startServer() {
		runOn(ZookeeperServer.startEnsemble());
	}

	@Test
	void shortSessionIsWarnedOf() {
		ZookeeperLockSettings shorter = new ZookeeperLockSettings(Duration.ofSeconds(14), Duration.ofSeconds(10),
				Duration.ofSeconds(1), "/coordination", ZookeeperLockSettings.Access.OPEN);
		try (ZookeeperProcess process = new ZookeeperProcess(ZookeeperLockBackendFactory.of(address(), null, shorter));
				ZookeeperProcess longer = process()) {
			assertThat(ContractClient.answer(process.backend().check())).singleElement()
				.asString()
				.startsWith("The session with ZooKeeper is only 14000 ms long")
				.contains("'coordination.zookeeper.session-timeout'");
			assertThat(ContractClient.answer(longer.backend().check())).isEmpty();
		}
	}

	/**
	 * The servers do not learn of a node at the same time.
	 */
	@Test
	void withdrawalFindsANodeThatItsServerDoesNotKnowOfYet() {
		try (ZookeeperProcess a = process(); ZookeeperProcess b = process()) {
			for (int i = 0; i < ROUNDS; i++) {
				LockRequest request = LockRequest.exclusive(new LockKey("ensemble", "withdrawn"),
						new OwnerId("host/1/test#" + i), a.session().validity());
				a.acquire(request);
				assertThat(b.withdraw(request)).as("round %d", i).isTrue();
			}
		}
	}

	/**
	 * A waiter that gives up is told whether it was given the lock meanwhile.
	 */
	@Test
	void withdrawalKnowsOfAReleaseThatItsServerDoesNotKnowOfYet() {
		try (ZookeeperProcess a = process(); ZookeeperProcess b = process()) {
			for (int i = 0; i < ROUNDS; i++) {
				LockKey key = new LockKey("ensemble", "released");
				ZookeeperLease held = a
					.acquire(LockRequest.exclusive(key, new OwnerId("host/1/holder#" + i), a.session().validity()));
				LockRequest waiting = LockRequest.exclusive(key, new OwnerId("host/1/waiter#" + i),
						a.session().validity());
				b.enqueue(waiting).pollInVain();
				assertThat(a.release(held)).isTrue();
				assertThat(b.withdraw(waiting)).as("round %d", i).isTrue();
			}
		}
	}

	private ZookeeperProcess process() {
		return new ZookeeperProcess((ZookeeperLockBackendFactory) newFactory());
	}

}
