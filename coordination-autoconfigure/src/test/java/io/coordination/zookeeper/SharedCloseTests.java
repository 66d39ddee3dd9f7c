package io.coordination.zookeeper;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.Test;

import io.coordination.backend.Attempt;
import io.coordination.backend.ContractClient;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * A registry over the application's client that is stopped while the connection is gone.
 */
class SharedCloseTests extends ZookeeperFixture {

	private static final LockSpec SPEC = LockSpec.of("shared-close").withWaitTime(Duration.ofSeconds(30));

	private static final String LOCK = LockPath.of(ROOT, new LockKey("test", "shared-close")).lock();

	@Test
	void waiterOfAStoppedRegistryLeavesNothingBehind() throws Exception {
		CuratorFramework client = closing(
				CuratorFrameworkFactory.newClient(server().proxy().address(), 4000, 4000, new RetryOneTime(100)));
		client.start();
		assertThat(client.blockUntilConnected(10, TimeUnit.SECONDS)).isTrue();
		ManagedLockRegistry shared = closing(registry(ZookeeperLockBackendFactory.of(client, SHORT)));
		ManagedLockRegistry others = closing(registry(ZookeeperLockBackendFactory.of(server().address(), null, SHORT)));
		LockHandle held = others.acquire(SPEC);
		CompletableFuture<LockHandle> waiting = shared.acquireAsync(SPEC).toCompletableFuture();
		patiently().until(() -> server().children(LOCK).size() == 2);
		long session = client.getZookeeperClient().getZooKeeper().getSessionId();
		server().proxy().refuse();
		server().proxy().cut();
		shared.close();
		assertThat(waiting).isCompletedExceptionally();
		server().proxy().pass();
		assertThat(client.blockUntilConnected(10, TimeUnit.SECONDS)).isTrue();
		assumeThat(client.getZookeeperClient().getZooKeeper().getSessionId()).isEqualTo(session);
		held.close();
		// nobody has the lock, and nobody wants it
		assertThat(others.tryAcquire(SPEC.withWaitTime(Duration.ofSeconds(12)))).as("the free lock").isPresent();
	}

	@Test
	void nodeThatTheProcessDoesNotKnowOfGoesToo() throws Exception {
		CuratorFramework client = closing(
				CuratorFrameworkFactory.newClient(server().proxy().address(), 20000, 10000, new RetryOneTime(100)));
		client.start();
		assertThat(client.blockUntilConnected(10, TimeUnit.SECONDS)).isTrue();
		ZookeeperProcess shared = new ZookeeperProcess(ZookeeperLockBackendFactory.of(client, SHORT));
		shared.release(shared.acquire(request()));
		LockRequest request = request();
		server().proxy().stallReplies();
		CompletionStage<Attempt> unanswered = shared.backend().tryAcquire(request);
		patiently().until(() -> nodes().size() == 1);
		long session = client.getZookeeperClient().getZooKeeper().getSessionId();
		server().proxy().refuse();
		server().proxy().cut();
		assertThat(ContractClient.failure(unanswered).mayHaveApplied()).isTrue();
		shared.close();
		server().proxy().pass();
		patiently().until(() -> nodes().isEmpty());
		assertThat(client.blockUntilConnected(10, TimeUnit.SECONDS)).isTrue();
		assertThat(client.getZookeeperClient().getZooKeeper().getSessionId()).as("not by the end of the session")
			.isEqualTo(session);
	}

	@Test
	void grantThatNobodyTookGoesToo() throws Exception {
		CuratorFramework client = closing(
				CuratorFrameworkFactory.newClient(server().proxy().address(), 20000, 10000, new RetryOneTime(100)));
		client.start();
		assertThat(client.blockUntilConnected(10, TimeUnit.SECONDS)).isTrue();
		ZookeeperProcess shared = new ZookeeperProcess(ZookeeperLockBackendFactory.of(client, SHORT));
		LockRequest request = request();
		shared.acquire(request);
		server().proxy().refuse();
		server().proxy().cut();
		ContractClient.failure(shared.backend().withdraw(request));
		shared.close();
		server().proxy().pass();
		patiently().until(() -> nodes().isEmpty());
	}

	private static ManagedLockRegistry registry(ZookeeperLockBackendFactory factory) {
		return LockRegistryBuilder.of(factory).namespace("test").gracePeriod(Duration.ZERO).build();
	}

}
