package io.coordination.zookeeper;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.Test;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Minimum hold times: ZooKeeper keeps nothing for nobody, so the process stays the owner
 * for the rest.
 */
class MinHoldTimeTests extends ZookeeperFixture {

	private static final LockSpec SPEC = LockSpec.of("invoice:42").withoutWaiting();

	private static final LockSpec LONG = SPEC.withMinHoldTime(Duration.ofHours(1));

	@Test
	void lockThatIsReleasedSoonerStaysTakenForTheRestAndIsFreeThen() throws Exception {
		ManagedLockRegistry locks = registry(ZookeeperLockBackendFactory.of(server().address(), null, SHORT));
		ManagedLockRegistry others = registry(ZookeeperLockBackendFactory.of(server().address(), null, SHORT));
		long start = System.nanoTime();
		LockHandle handle = locks.acquire(SPEC.withWaitTime(Duration.ofSeconds(10))
			.withLeaseTime(Duration.ofSeconds(2))
			.withRenewal(false)
			.withMinHoldTime(Duration.ofSeconds(3)));
		CompletableFuture<LockHandle> here = locks.acquireAsync(SPEC.withUnboundedWait()).toCompletableFuture();
		assertThat(handle.release()).isTrue();
		assertThat(Duration.ofNanos(System.nanoTime() - start)).as("released").isLessThan(Duration.ofMillis(2900));
		assertThat(locks.held()).isEmpty();
		assertThat(others.tryAcquire(SPEC)).isEmpty();
		LockHandle next = here.get(30, TimeUnit.SECONDS);
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(2990));
		assertThat(next.fencingToken() >> 10).isGreaterThan(handle.fencingToken() >> 10);
		assertThat(next.release()).isTrue();
		assertThat(others.tryAcquire(SPEC)).isPresent();
	}

	@Test
	void registryThatStopsFreesIt() throws Exception {
		CuratorFramework client = closing(
				CuratorFrameworkFactory.newClient(server().address(), 4000, 4000, new RetryOneTime(100)));
		client.start();
		assertThat(client.blockUntilConnected(10, TimeUnit.SECONDS)).isTrue();
		ManagedLockRegistry locks = registry(ZookeeperLockBackendFactory.of(client, SHORT));
		locks.execute(LONG, (lock) -> null);
		assertThat(nodes()).hasSize(1);
		locks.close();
		assertThat(nodes()).as("of a session that goes on").isEmpty();
	}

	@Test
	void sessionThatEndsFreesIt() throws Exception {
		CuratorFramework client = closing(
				CuratorFrameworkFactory.newClient(server().address(), 4000, 4000, new RetryOneTime(100)));
		client.start();
		assertThat(client.blockUntilConnected(10, TimeUnit.SECONDS)).isTrue();
		ManagedLockRegistry locks = registry(ZookeeperLockBackendFactory.of(client, SHORT));
		locks.execute(LONG, (lock) -> null);
		client.close();
		assertThat(nodes()).isEmpty();
	}

	private ManagedLockRegistry registry(ZookeeperLockBackendFactory factory) {
		return closing(LockRegistryBuilder.of(factory).namespace(key().namespace()).gracePeriod(Duration.ZERO).build());
	}

}
