package io.coordination.zookeeper;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;
import io.coordination.backend.LockKey;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Names and waiters come and go, through registries, and leave nothing: no node in the
 * server when it has looked for empty containers, no watch, and nothing in the process
 * but a bounded number of paths.
 */
class ManyNamesTests {

	private static final int THREADS = 64;

	private static final int NAMES = 10_000;

	private OpenZookeeper server;

	private Opened opened;

	private ManagedLockRegistry locks;

	private int nodesBefore;

	@BeforeEach
	void start() throws Exception {
		this.server = OpenZookeeper.start();
		this.nodesBefore = this.server.tree().getNodeCount();
		this.opened = new Opened(this.server.address());
		this.locks = this.opened.registry();
	}

	@AfterEach
	void stop() throws Exception {
		this.locks.close();
		this.server.close();
	}

	@Test
	void tenThousandNamesLeaveNothing() throws Exception {
		AtomicInteger next = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		inThreads(() -> {
			for (int i = next.getAndIncrement(); i < NAMES; i = next.getAndIncrement()) {
				this.locks.acquire("name-" + i).close();
				most.accumulateAndGet(this.opened.backend.knownPaths(), Math::max);
			}
		});
		assertThat(this.server.tree().getNodeCount()).isGreaterThan(this.nodesBefore + NAMES);
		assertThat(most.get()).isGreaterThan(NAMES / 2).isLessThanOrEqualTo(KnownPaths.MOST);
		assertNothingIsLeft();
		// What is remembered of containers that are gone does no harm
		try (LockHandle handle = this.locks.acquire("name-" + (NAMES - 1))) {
			handle.ensureHeld();
		}
	}

	@Test
	void burstOfWaitersLeavesNothing() throws Exception {
		Opened others = new Opened(this.server.address());
		try (ManagedLockRegistry elsewhere = others.registry()) {
			AtomicInteger started = new AtomicInteger();
			AtomicInteger watches = new AtomicInteger();
			LockSpec spec = LockSpec.of("burst").withWaitTime(Duration.ofSeconds(60));
			inThreads(() -> {
				LockRegistry registry = (started.getAndIncrement() % 2 == 0) ? this.locks : elsewhere;
				for (int i = 0; i < 5; i++) {
					try (LockHandle handle = registry.acquire(spec)) {
						watches.accumulateAndGet(this.server.tree().getWatchCount(), Math::max);
						handle.ensureHeld();
					}
				}
			});
			// Each process watches one node, however many wait in it
			assertThat(watches.get()).isBetween(1, 2);
			assertNothingIsLeft();
			assertThat(others.backend.remembered()).isZero();
		}
	}

	@Test
	void waitersThatGiveUpLeaveNothing() throws Exception {
		Opened others = new Opened(this.server.address());
		try (ManagedLockRegistry elsewhere = others.registry()) {
			LockHandle held = elsewhere.acquire("busy");
			LockSpec spec = LockSpec.of("busy").withWaitTime(Duration.ofMillis(20));
			inThreads(() -> {
				for (int i = 0; i < 5; i++) {
					assertThat(this.locks.tryAcquire(spec)).isEmpty();
				}
			});
			ZookeeperFixture.patiently().until(() -> this.opened.backend.remembered() == 0);
			assertThat(this.server.tree().getNode(path("busy")).getChildren()).hasSize(1);
			assertThat(held.release()).isTrue();
			assertNothingIsLeft();
		}
	}

	private void assertNothingIsLeft() {
		// A request is forgotten just after its answer
		ZookeeperFixture.patiently().until(() -> this.opened.backend.remembered() == 0);
		ZookeeperFixture.patiently().until(() -> this.server.tree().getWatchCount() == 0);
		assertThat(this.server.tree().getEphemeralsCount()).isZero();
		// The name, the namespace above it, and what is above that
		ZookeeperFixture.patiently().until(() -> {
			this.server.checkContainers();
			return this.server.tree().getContainers().isEmpty();
		});
		assertThat(this.server.tree().getNodeCount()).isEqualTo(this.nodesBefore + 1);
		assertThat(this.server.tree().getNode(ZookeeperFixture.ROOT).getChildren()).isEmpty();
	}

	private static String path(String name) {
		return LockPath.of(ZookeeperFixture.ROOT, new LockKey("test", name)).lock();
	}

	private static void inThreads(Action action) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(THREADS);
		try {
			List<Future<?>> all = new ArrayList<>();
			for (int i = 0; i < THREADS; i++) {
				all.add(threads.submit(() -> {
					action.run();
					return null;
				}));
			}
			for (Future<?> one : all) {
				one.get(120, TimeUnit.SECONDS);
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	/**
	 * Opens one backend, and shows it.
	 */
	private static final class Opened implements LockBackendFactory {

		private final ZookeeperLockBackendFactory factory;

		private volatile ZookeeperLockBackend backend;

		Opened(String address) {
			this.factory = ZookeeperLockBackendFactory.of(address, null, ZookeeperLockSettings.defaults());
		}

		ManagedLockRegistry registry() {
			return LockRegistryBuilder.of(this).namespace("test").gracePeriod(Duration.ZERO).build();
		}

		@Override
		public String id() {
			return this.factory.id();
		}

		@Override
		public LockBackend open(BackendListener listener) {
			this.backend = (ZookeeperLockBackend) this.factory.open(listener);
			return this.backend;
		}

	}

	private interface Action {

		void run() throws Exception;

	}

}
