package io.coordination.zookeeper;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.coordination.backend.LockKey;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Writes that the leader checks the lock for.
 */
class FencedZooKeeperTests extends ZookeeperFixture {

	private static final LockSpec SPEC = LockSpec.of("invoice:42").withWaitTime(Duration.ofSeconds(30));

	private static final String RESOURCE = "/fenced-resource";

	private final CuratorFramework client = client("");

	private final FencedZooKeeper fenced = FencedZooKeeper.of(this.client);

	private ManagedLockRegistry locks;

	@BeforeEach
	void start() throws Exception {
		this.client.create().orSetData().forPath(RESOURCE, bytes("before"));
		this.locks = registry(server().address());
	}

	@Test
	void writesWhileTheLockIsHeld() throws Exception {
		try (LockHandle handle = this.locks.acquire(SPEC)) {
			List<OpResult> results = this.fenced.write(handle, List.of(set("written")));
			assertThat(results).singleElement().isInstanceOf(OpResult.SetDataResult.class);
			assertThat(resource()).isEqualTo("written");
			assertThat(this.fenced.write(handle, List.of())).isEmpty();
		}
	}

	@Test
	void writesNothingWhenTheSessionHasEndedAndNobodyKnows() throws Exception {
		ManagedLockRegistry cutOff = registry(server().proxy().address());
		LockHandle handle = cutOff.acquire(SPEC);
		server().proxy().stall();
		server().look().delete(server().lockNode(path("invoice:42")), -1);
		assertThat(handle.state()).isLessThanOrEqualTo(LockState.UNCERTAIN);
		assertThatThrownBy(() -> this.fenced.write(handle, List.of(set("too late"))))
			.isInstanceOf(LockLostException.class)
			.hasMessage("Lock 'invoice:42' is not held any more, and nothing was written");
		assertThat(resource()).isEqualTo("before");
	}

	@Test
	void holderLearnsFromAWriteThatItsLockIsLost() throws Exception {
		LockHandle handle = this.locks.acquire(SPEC);
		server().look().delete(server().lockNode(path("invoice:42")), -1);
		assertThatThrownBy(() -> this.fenced.write(handle, List.of(set("too late"))))
			.isInstanceOf(LockLostException.class);
		assertThat(handle.state()).isEqualTo(LockState.LOST);
	}

	@Test
	void aWriteThatComesLateIsNotLetInUnderTheNextHolder() throws Exception {
		ExecutorService threads = Executors.newSingleThreadExecutor();
		closing(threads::shutdownNow);
		try (CuratorFramework slow = client("", server().proxy().address())) {
			LockHandle first = this.locks.acquire(SPEC);
			CompletableFuture<LockHandle> second = this.locks.acquireAsync(SPEC).toCompletableFuture();
			server().proxy().stall();
			Future<List<OpResult>> late = threads
				.submit(() -> FencedZooKeeper.of(slow).write(first, List.of(set("too late"))));
			patiently().until(() -> server().proxy().heldBack() > 0);
			first.close();
			try (LockHandle next = second.get(30, TimeUnit.SECONDS)) {
				server().proxy().pass();
				assertThatThrownBy(() -> late.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(LockLostException.class);
				assertThat(next.state()).isEqualTo(LockState.HELD);
				assertThat(resource()).isEqualTo("before");
			}
		}
	}

	@Test
	void writesNothingAfterTheRelease() throws Exception {
		LockHandle handle = this.locks.acquire(SPEC);
		handle.close();
		assertThatThrownBy(() -> this.fenced.write(handle, List.of(set("too late"))))
			.isInstanceOf(LockLostException.class)
			.hasMessageContaining("released");
		assertThat(resource()).isEqualTo("before");
	}

	@Test
	void checksEachOfSeveralLocks() throws Exception {
		try (LockHandle handle = this.locks.acquire(LockSpec.ofAll("a", "b"))) {
			this.fenced.write(handle, List.of(set("written")));
			server().look().delete(server().lockNode(path("b")), -1);
			assertThatThrownBy(() -> this.fenced.write(handle, List.of(set("too late"))))
				.isInstanceOf(LockLostException.class);
			assertThat(resource()).isEqualTo("written");
		}
	}

	@Test
	void whatTheServerRefusesForAnotherReasonIsSaid() throws Exception {
		try (LockHandle handle = this.locks.acquire(SPEC)) {
			assertThatThrownBy(() -> this.fenced.write(handle, List.of(set("half"), Op.delete("/missing", -1))))
				.isInstanceOf(KeeperException.NoNodeException.class);
			assertThat(handle.state()).isEqualTo(LockState.HELD);
			assertThat(resource()).isEqualTo("before");
		}
	}

	@Test
	void clientThatWritesElsewhereIsToldSo() throws Exception {
		this.client.createContainers("/elsewhere");
		try (LockHandle handle = this.locks.acquire(SPEC); CuratorFramework elsewhere = client("/elsewhere")) {
			assertThatThrownBy(() -> FencedZooKeeper.of(elsewhere).write(handle, List.of()))
				.isInstanceOf(IllegalStateException.class)
				.hasMessageStartingWith("Lock 'invoice:42' is held, but its node is not where this client writes");
		}
	}

	@Test
	void lockOfAnotherStoreIsRefused() throws Exception {
		ManagedLockRegistry others = closing(LockRegistryBuilder.of(new MemoryLockBackendFactory()).build());
		try (LockHandle handle = others.acquire(SPEC)) {
			assertThatThrownBy(() -> this.fenced.write(handle, List.of(set("too late"))))
				.isInstanceOf(IllegalArgumentException.class)
				.hasMessageContaining("'invoice:42' is not kept in ZooKeeper");
		}
	}

	@Test
	void clientThatIsNotStartedIsToldSo() throws Exception {
		try (LockHandle handle = this.locks.acquire(SPEC);
				CuratorFramework stopped = CuratorFrameworkFactory.newClient(server().address(), new RetryOneTime(1))) {
			assertThatThrownBy(() -> FencedZooKeeper.of(stopped).write(handle, List.of()))
				.isInstanceOf(IllegalStateException.class);
		}
	}

	private static Op set(String text) {
		return Op.setData(RESOURCE, bytes(text), -1);
	}

	private String resource() throws Exception {
		return new String(this.client.getData().forPath(RESOURCE), StandardCharsets.UTF_8);
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private String path(String name) {
		return LockPath.of(ROOT, new LockKey("test", name)).lock();
	}

	private CuratorFramework client(String chroot) {
		return closing(client(chroot, server().address()));
	}

	private static CuratorFramework client(String chroot, String address) {
		CuratorFramework client = CuratorFrameworkFactory.newClient(address + chroot, 4000, 4000,
				new RetryOneTime(100));
		client.start();
		return client;
	}

	private ManagedLockRegistry registry(String address) {
		return closing(LockRegistryBuilder.of(ZookeeperLockBackendFactory.of(address, null, SHORT))
			.namespace("test")
			.gracePeriod(Duration.ZERO)
			.handOffSlice(Duration.ofMinutes(1))
			.build());
	}

}
