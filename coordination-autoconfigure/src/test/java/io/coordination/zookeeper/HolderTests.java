package io.coordination.zookeeper;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import io.coordination.backend.LockKey;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.zookeeper.ZookeeperLockSettings.Access;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holders of locks in ZooKeeper, with the engine above the backend.
 */
class HolderTests extends ZookeeperFixture {

	private static final LockSpec SPEC = LockSpec.of("invoice:42").withWaitTime(Duration.ofSeconds(30));

	@Test
	void holderKeepsItsLockForLongerThanTheSession() throws Exception {
		ManagedLockRegistry locks = registry(server().address());
		try (LockHandle handle = locks.acquire(SPEC)) {
			long start = System.nanoTime();
			patiently().until(() -> System.nanoTime() - start > SHORT.sessionTimeout().plusSeconds(1).toNanos());
			assertThat(handle.state()).isEqualTo(LockState.HELD);
			assertThat(handle.remainingValidity()).isLessThan(Duration.ofSeconds(3));
		}
	}

	@Test
	void holderThatIsCutOffIsToldBeforeTheNextOneEnters() throws Exception {
		ManagedLockRegistry locks = registry(server().proxy().address());
		ManagedLockRegistry others = registry(server().address());
		LockHandle handle = locks.acquire(SPEC);
		AtomicLong lostAt = new AtomicLong();
		handle.onLost((lost) -> lostAt.set(System.nanoTime()));
		server().proxy().stall();
		try (LockHandle next = others.acquire(SPEC)) {
			long enteredAt = System.nanoTime();
			assertThat(handle.state()).isEqualTo(LockState.LOST);
			patiently().until(() -> lostAt.get() != 0);
			assertThat(lostAt.get() - enteredAt).isNegative();
			assertThat(next.fencingToken()).isGreaterThan(handle.fencingToken());
		}
		assertThat(handle.release()).isFalse();
	}

	@Test
	void holderIsUncertainWithoutAConnectionAndHoldsAgainWithIt() throws Exception {
		ManagedLockRegistry locks = registry(server().proxy().address(), patient());
		try (LockHandle handle = locks.acquire(SPEC)) {
			assertThat(handle.remainingValidity()).isGreaterThan(SHORT.sessionTimeout());
			server().proxy().refuse();
			server().proxy().cut();
			patiently().until(() -> handle.state() == LockState.UNCERTAIN);
			server().proxy().pass();
			patiently().until(() -> handle.state() == LockState.HELD);
			assertThat(handle.verify().toCompletableFuture().get(10, TimeUnit.SECONDS)).isTrue();
		}
	}

	@Test
	void processesExcludeEachOtherWhileConnectionsBreak() throws Exception {
		List<ManagedLockRegistry> registries = List.of(registry(server().proxy().address()),
				registry(server().proxy().address()), registry(server().address()));
		ExecutorService threads = Executors.newFixedThreadPool(6);
		closing(threads::shutdownNow);
		AtomicInteger inside = new AtomicInteger();
		AtomicInteger overlaps = new AtomicInteger();
		AtomicLong token = new AtomicLong();
		List<Future<?>> workers = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			ManagedLockRegistry locks = registries.get(i % 3);
			workers.add(threads.submit(() -> {
				for (int entries = 0; entries < 40;) {
					LockHandle handle = acquired(locks);
					if (handle != null && handle.state() == LockState.HELD) {
						overlaps.addAndGet(inside.getAndIncrement());
						assertThat(token.getAndSet(handle.fencingToken())).isLessThan(handle.fencingToken());
						inside.decrementAndGet();
						entries++;
					}
					if (handle != null) {
						handle.close();
					}
				}
				return null;
			}));
		}
		for (int cuts = 0; workers.stream().anyMatch((worker) -> !worker.isDone()) && cuts < 200; cuts++) {
			long start = System.nanoTime();
			patiently().until(() -> System.nanoTime() - start > 300_000_000);
			server().proxy().cut();
		}
		for (Future<?> worker : workers) {
			worker.get(60, TimeUnit.SECONDS);
		}
		assertThat(overlaps).hasValue(0);
		patiently().until(() -> nodes("test").isEmpty());
	}

	private static LockHandle acquired(ManagedLockRegistry locks) throws InterruptedException {
		try {
			return locks.acquire(SPEC);
		}
		catch (RuntimeException ex) {
			// The connection is gone at this moment
			return null;
		}
	}

	private List<String> nodes(String namespace) throws Exception {
		return server().children(LockPath.of(ROOT, new LockKey(namespace, "invoice:42")).lock());
	}

	/**
	 * Longer sessions: a client may take a second and more to connect again, and the lock
	 * is not to be lost meanwhile.
	 */
	private static ZookeeperLockSettings patient() {
		return new ZookeeperLockSettings(Duration.ofSeconds(20), SHORT.connectionTimeout(), SHORT.requestTimeout(),
				ROOT, Access.OPEN);
	}

	private ManagedLockRegistry registry(String address) {
		return registry(address, SHORT);
	}

	private ManagedLockRegistry registry(String address, ZookeeperLockSettings settings) {
		return closing(LockRegistryBuilder.of(ZookeeperLockBackendFactory.of(address, null, settings))
			.namespace("test")
			.gracePeriod(Duration.ZERO)
			.build());
	}

}
