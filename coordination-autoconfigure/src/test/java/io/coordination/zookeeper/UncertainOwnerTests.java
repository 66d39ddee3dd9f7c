package io.coordination.zookeeper;

import java.time.Duration;

import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.Test;

import io.coordination.backend.ContractClient;
import io.coordination.backend.LockRequest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Owners that may have a node, or several, that the process does not know of.
 */
class UncertainOwnerTests extends ZookeeperFixture {

	private final ZookeeperWire wire = closing(new ZookeeperWire(server().port(), Duration.ZERO));

	private final ZookeeperProcess a = closing(
			new ZookeeperProcess(ZookeeperLockBackendFactory.of(this.wire.address(), null, SHORT)));

	private final LockRequest request = request();

	@Test
	void ownerIsNotLookedForInALineThatIsNotThere() throws Exception {
		this.a.release(this.a.acquire(request()));
		this.wire.breakAt("create2");
		assertThat(ContractClient.failure(this.a.backend().tryAcquire(this.request)).mayHaveApplied()).isTrue();
		awaitReconnection(1);
		server().look().delete(lockPath(), -1);
		assertThat(this.a.release(this.a.acquire(this.request))).isTrue();
	}

	@Test
	void connectionThatBreaksWhileANodeIsLookedForIsNoNewsOfIt() throws Exception {
		ZookeeperLease lease = this.a.acquire(this.request);
		this.wire.breakAt("delete");
		ContractClient.failure(this.a.backend().withdraw(this.request));
		awaitReconnection(1);
		this.wire.breakAt("exists");
		assertThat(ContractClient.failure(this.a.backend().tryAcquire(this.request)).mayHaveApplied()).isTrue();
		awaitReconnection(2);
		assertThat(this.a.acquire(this.request)).isEqualTo(lease);
		assertThat(nodes()).containsExactly(LockPath.name(lease.path()));
	}

	@Test
	void allNodesOfAnOwnerAreWithdrawn() throws Exception {
		this.a.release(this.a.acquire(request()));
		String name = lockPath() + "/" + NodeName.prefix(this.request.owner());
		for (int i = 0; i < 3; i++) {
			server().look().create(name, new byte[0], this.a.session().acl(), CreateMode.PERSISTENT_SEQUENTIAL);
		}
		assertThat(nodes()).hasSize(3);
		assertThat(this.a.withdraw(this.request)).isTrue();
		assertThat(nodes()).isEmpty();
	}

	@Test
	void ofSeveralNodesOfAnOwnerOneIsKept() throws Exception {
		this.a.release(this.a.acquire(request()));
		this.wire.breakAt("create2");
		ContractClient.failure(this.a.backend().tryAcquire(this.request));
		awaitReconnection(1);
		String name = lockPath() + "/" + NodeName.prefix(this.request.owner());
		for (int i = 0; i < 2; i++) {
			ContractClient.answer(this.a.session().create(name, CreateMode.EPHEMERAL_SEQUENTIAL));
		}
		assertThat(this.a.release(this.a.acquire(this.request))).isTrue();
		assertThat(nodes()).isEmpty();
	}

	@Test
	void nodeThatIsGoneIsWithdrawnAllTheSame() throws Exception {
		ZookeeperLease lease = this.a.acquire(this.request);
		server().look().delete(lease.path(), -1);
		assertThat(this.a.withdraw(this.request)).isFalse();
		patiently().until(() -> this.a.leftovers() == 0);
	}

	private void awaitReconnection(int number) {
		patiently().until(() -> this.a.reconnections() >= number);
	}

}
