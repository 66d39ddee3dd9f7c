package io.coordination.zookeeper;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.coordination.backend.BackendException;
import io.coordination.backend.ContractClient;
import io.coordination.backend.LockRequest;
import io.coordination.zookeeper.ZookeeperLockSettings.Access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Who may use the nodes of locks.
 */
class AccessTests extends ZookeeperFixture {

	private static final ZookeeperLockSettings GUARDED = new ZookeeperLockSettings(Duration.ofSeconds(4),
			Duration.ofSeconds(10), Duration.ofSeconds(1), "/guarded", Access.CREATOR);

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = "locks:wrong")
	void othersHaveNoAccessToLocksOfTheirCreator(String digest) {
		ZookeeperProcess a = process("locks:s3cret");
		ZookeeperLease lease = a.acquire(request());
		ZookeeperProcess b = process(digest);
		BackendException failure = ContractClient.failure(b.backend().tryAcquire(request()));
		assertThat(failure).hasMessageStartingWith("ZooKeeper does not permit it at '/guarded")
			.hasMessageContaining("'coordination.zookeeper.username', '.password' and '.acl'")
			.hasMessageNotContaining("wrong");
		assertThat(failure.mayHaveApplied()).isFalse();
		patiently().until(() -> b.leftovers() == 0);
		assertThat(ContractClient.failure(b.backend().release(lease, Duration.ZERO)).mayHaveApplied()).isFalse();
		assertThat(a.holds(lease)).isTrue();
		assertThat(a.release(lease)).isTrue();
	}

	@Test
	void thoseOfTheSameNameShareLocks() throws Exception {
		ZookeeperProcess a = process("locks:s3cret");
		ZookeeperProcess b = process("locks:s3cret");
		ZookeeperLease lease = a.acquire(request());
		ZookeeperProcess.Place place = b.enqueue(request());
		place.pollInVain();
		assertThat(a.release(lease)).isTrue();
		assertThat(b.release(place.pushed())).isTrue();
		assertThatExceptionOfType(KeeperException.NoAuthException.class)
			.isThrownBy(() -> server().look().getChildren("/guarded", false));
	}

	@Test
	void whoMayNotReadTheLineLeavesNoNodeInIt() throws Exception {
		ZookeeperProcess a = undisturbed();
		a.release(a.acquire(request()));
		server().look().setACL(lockPath(), everybodyMay(ZooDefs.Perms.ALL & ~ZooDefs.Perms.READ), -1);
		assertRefused(a, lockPath());
		LockRequest other = request();
		assertThat(ContractClient.failure(a.backend().withdraw(other))).hasMessageContaining(lockPath());
		server().look().setACL(lockPath(), everybodyMay(ZooDefs.Perms.ALL), -1);
		assertThat(nodes()).isEmpty();
		assertThat(a.withdraw(other)).isFalse();
		patiently().until(() -> a.leftovers() == 0);
	}

	@Test
	void whoMayNotReadTheNodeBeforeLeavesTheLine() throws Exception {
		ZookeeperProcess a = undisturbed();
		ZookeeperProcess b = undisturbed();
		ZookeeperLease held = a.acquire(request());
		server().look().setACL(held.path(), everybodyMay(ZooDefs.Perms.WRITE), -1);
		BackendException failure = ContractClient.failure(b.enqueue(request()).waiting().poll());
		assertThat(failure).hasMessageStartingWith("ZooKeeper does not permit it at '" + held.path() + "'");
		assertThat(failure.mayHaveApplied()).isFalse();
		assertThat(nodes()).containsExactly(LockPath.name(held.path()));
		patiently().until(() -> b.leftovers() == 0);
	}

	@Test
	void whoMayNotMakeTheNodesAboveIsToldSo() throws Exception {
		server().look().create("/closed", new byte[0], everybodyMay(ZooDefs.Perms.READ), CreateMode.PERSISTENT);
		ZookeeperProcess a = closing(new ZookeeperProcess(ZookeeperLockBackendFactory.of(server().address(), null,
				new ZookeeperLockSettings(Duration.ofSeconds(4), Duration.ofSeconds(10), Duration.ofSeconds(1),
						"/closed", Access.OPEN))));
		assertRefused(a, "/closed/locks");
	}

	private void assertRefused(ZookeeperProcess process, String path) {
		BackendException failure = ContractClient.failure(process.backend().tryAcquire(request()));
		assertThat(failure).hasMessageStartingWith("ZooKeeper does not permit it at '" + path);
		assertThat(failure.mayHaveApplied()).isFalse();
	}

	private static List<ACL> everybodyMay(int permissions) {
		return Collections.singletonList(new ACL(permissions, new Id("world", "anyone")));
	}

	private ZookeeperProcess process(String digest) {
		byte[] bytes = (digest != null) ? digest.getBytes(StandardCharsets.UTF_8) : null;
		return closing(new ZookeeperProcess(ZookeeperLockBackendFactory.of(server().address(), bytes, GUARDED)));
	}

}
