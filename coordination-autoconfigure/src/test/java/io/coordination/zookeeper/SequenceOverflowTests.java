package io.coordination.zookeeper;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.coordination.backend.LockKey;
import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What becomes of a lock whose sequence numbers end. The server counts the creations
 * below a node with 32 bits; when they are used up it gives the last number to everybody,
 * and to those who come at once also negative ones.
 */
class SequenceOverflowTests {

	private static final LockSpec SPEC = LockSpec.of("invoice:42").withoutWaiting();

	private static final String PATH = LockPath.of(ZookeeperFixture.ROOT, new LockKey("test", "invoice:42")).lock();

	/** The last number that lets anybody in. */
	private static final int LAST = Integer.MAX_VALUE - (1 << 20);

	private final Deque<AutoCloseable> opened = new ArrayDeque<>();

	private OpenZookeeper server;

	@BeforeEach
	void start() throws Exception {
		this.server = closing(OpenZookeeper.start());
	}

	@AfterEach
	void stop() throws Exception {
		while (!this.opened.isEmpty()) {
			this.opened.pop().close();
		}
	}

	/**
	 * Which of two nodes with the same number comes first depends on the random part of
	 * their names, so both are tried often.
	 */
	@Test
	void usedUpNumbersLetTwoIntoAMutex() throws Exception {
		CuratorFramework client = client();
		InterProcessMutex one = new InterProcessMutex(client, "/mutex");
		InterProcessMutex other = new InterProcessMutex(client(), "/mutex");
		assertThat(letsBothIn(one, other)).isFalse();
		this.server.setNextSequence("/mutex", Integer.MAX_VALUE);
		assertThat(letsBothIn(one, other)).isTrue();
	}

	private static boolean letsBothIn(InterProcessMutex one, InterProcessMutex other) throws Exception {
		for (int i = 0; i < 100; i++) {
			assertThat(one.acquire(10, TimeUnit.SECONDS)).isTrue();
			boolean both = other.acquire(0, TimeUnit.SECONDS);
			if (both) {
				other.release();
			}
			one.release();
			if (both) {
				return true;
			}
		}
		return false;
	}

	@Test
	void usedUpNumbersLetNobodyIn() throws Exception {
		ManagedLockRegistry locks = registry();
		ManagedLockRegistry others = registry();
		locks.acquire("invoice:42").close();
		this.server.setNextSequence(PATH, Integer.MAX_VALUE);
		for (int i = 0; i < 20; i++) {
			assertRefused(locks);
			assertRefused(others);
		}
		assertThat(this.server.tree().getNode(PATH).getChildren()).isEmpty();
	}

	@Test
	void holderOfTheLastNumberIsNotDisturbedByThoseWhoComeAfterIt() throws Exception {
		ManagedLockRegistry locks = registry();
		locks.acquire("invoice:42").close();
		this.server.setNextSequence(PATH, LAST);
		try (LockHandle handle = locks.acquire("invoice:42")) {
			assertRefused(registry());
			handle.ensureHeld();
			assertThat(handle.verify().toCompletableFuture().get(10, TimeUnit.SECONDS)).isTrue();
			assertThat(this.server.tree().getNode(PATH).getChildren()).hasSize(1);
		}
		assertRefused(locks);
	}

	@Test
	void lockOpensAgainWhenTheServerHasRemovedItsContainer() throws Exception {
		ManagedLockRegistry locks = registry();
		long token;
		try (LockHandle handle = locks.acquire("invoice:42")) {
			token = handle.fencingToken();
		}
		this.server.setNextSequence(PATH, Integer.MAX_VALUE);
		assertRefused(locks);
		ZookeeperFixture.patiently().until(() -> {
			this.server.checkContainers();
			return this.server.tree().getNode(PATH) == null;
		});
		Optional<LockHandle> handle = locks.tryAcquire(SPEC);
		assertThat(handle).isPresent();
		assertThat(handle.get().fencingToken()).isGreaterThan(token);
		assertThat(handle.get().release()).isTrue();
	}

	private static void assertRefused(ManagedLockRegistry locks) {
		assertThatExceptionOfType(LockBackendException.class).isThrownBy(() -> locks.tryAcquire(SPEC))
			.withMessageContaining("The sequence numbers below '" + PATH + "' in ZooKeeper are used up");
	}

	private <T extends AutoCloseable> T closing(T closeable) {
		this.opened.push(closeable);
		return closeable;
	}

	private ManagedLockRegistry registry() {
		return closing(LockRegistryBuilder
			.of(ZookeeperLockBackendFactory.of(this.server.address(), null, ZookeeperLockSettings.defaults()))
			.namespace("test")
			.gracePeriod(Duration.ZERO)
			.build());
	}

	private CuratorFramework client() {
		CuratorFramework client = closing(
				CuratorFrameworkFactory.newClient(this.server.address(), new RetryOneTime(100)));
		client.start();
		return client;
	}

}
