package io.coordination.zookeeper;

import java.time.Duration;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.imps.CuratorFrameworkState;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.coordination.backend.ContractClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Locks over the session of a client that the application has.
 */
class SharedClientTests extends ZookeeperFixture {

	private final CuratorFramework client = CuratorFrameworkFactory.builder()
		.connectString(server().proxy().address())
		.namespace("application")
		.sessionTimeoutMs(3000)
		.connectionTimeoutMs(3000)
		.retryPolicy(new RetryOneTime(100))
		.build();

	@BeforeEach
	void startClient() {
		closing(this.client).start();
	}

	@Test
	void locksShareTheSessionAndNotTheNamespace() throws Exception {
		ZookeeperProcess a = sharing();
		ZookeeperLease lease = a.acquire(request());
		assertThat(lease.session()).isEqualTo(this.client.getZookeeperClient().getZooKeeper().getSessionId());
		assertThat(nodes()).containsExactly(LockPath.name(lease.path()));
	}

	@Test
	void closingTheBackendLeavesTheClientOpen() throws Exception {
		ZookeeperProcess a = sharing();
		ZookeeperProcess b = sharing();
		a.acquire(request(key("of-a")));
		ZookeeperLease lease = b.acquire(request());
		a.close();
		assertThat(this.client.getState()).isEqualTo(CuratorFrameworkState.STARTED);
		assertThat(this.client.checkExists().forPath("/missing")).isNull();
		assertThat(b.holds(lease)).isTrue();
		assertThat(ContractClient.failure(a.backend().tryAcquire(request()))).hasMessageContaining("closed");
		assertThat(a.disconnections()).isZero();
	}

	@Test
	void sessionOfTheClientSetsTheTimes() throws Exception {
		sharing().session();
		ZookeeperProcess a = sharing();
		assertThat(a.backend().traits().pollInterval()).hasMillis(600);
		assertThat(a.acquire(request()).validity()).hasMillis(1500);
	}

	@Test
	void clientThatIsClosedFailsRequestsAtOnce() {
		ZookeeperProcess a = sharing();
		ZookeeperLease lease = a.acquire(request());
		this.client.close();
		assertThat(ContractClient.failure(a.backend().release(lease, Duration.ZERO)).mayHaveApplied()).isFalse();
		assertThat(ContractClient.failure(a.backend().tryAcquire(request())).mayHaveApplied()).isFalse();
	}

	@Test
	void brokenConnectionIsHeardOf() {
		ZookeeperProcess a = sharing();
		ZookeeperLease lease = a.acquire(request());
		server().proxy().cut();
		patiently().until(() -> a.disconnections() > 0 && a.reconnections() > 0);
		assertThat(a.holds(lease)).isTrue();
	}

	@Test
	void viewOfAClientIsRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> ZookeeperLockBackendFactory.of(this.client.usingNamespace("another"), SHORT))
			.withMessageContaining("give the client itself, instead of what 'usingNamespace' made of it");
		closing(new ZookeeperProcess(
				ZookeeperLockBackendFactory.of(this.client.newWatcherRemoveCuratorFramework(), SHORT)))
			.acquire(request());
	}

	private ZookeeperProcess sharing() {
		return closing(new ZookeeperProcess(ZookeeperLockBackendFactory.of(this.client, SHORT)));
	}

}
