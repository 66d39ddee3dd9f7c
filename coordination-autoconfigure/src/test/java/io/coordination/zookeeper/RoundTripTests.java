package io.coordination.zookeeper;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What it costs to lock and unlock: requests, and how often the caller has to wait for
 * the server, beside Curator's {@link InterProcessMutex} over the same network of 5 ms
 * each way. How both are counted is said at {@link ZookeeperWire}. Of the waits of many
 * cycles the median counts, as a machine that is held up for longer than the network may
 * make one appear too many.
 */
class RoundTripTests extends ZookeeperFixture {

	private static final int CYCLES = 11;

	private static final int THREADS = 32;

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final List<String> TABLE = new ArrayList<>();

	private final ZookeeperWire wire = closing(new ZookeeperWire(server().port(), Duration.ofMillis(5)));

	private final ZookeeperWire peersWire = closing(new ZookeeperWire(server().port(), Duration.ofMillis(5)));

	private final CuratorFramework peer = client(this.peersWire);

	@AfterAll
	static void print() {
		System.out.println("For each lock and unlock        ours (requests, waits)  InterProcessMutex       ratio");
		TABLE.forEach(System.out::println);
		TABLE.clear();
	}

	@Test
	void lockAndUnlockAreThreeRequestsAndTwoWaits() throws Exception {
		ManagedLockRegistry locks = registry(false);
		locks.acquire("warm").close();
		Cost ours = cost(this.wire, (cycle) -> locks.acquire("warm").close());
		Cost peers = cost(this.peersWire, warm("/warm"));
		tell("warm", ours, peers);
		assertThat(ours).isEqualTo(new Cost(3, 2));
		assertThat(peers).isEqualTo(new Cost(3, 3));
	}

	@Test
	void asynchronousReleaseIsNotWaitedFor() throws Exception {
		ManagedLockRegistry locks = registry(true);
		locks.acquire("async").close();
		awaitNoNode("async");
		Cost ours = cost(this.wire, (cycle) -> {
			locks.acquire("async").close();
			if (cycle == CYCLES - 1) {
				awaitNoNode("async");
			}
		});
		tell("warm, asynchronous release", ours, cost(this.peersWire, warm("/async")));
		assertThat(ours).isEqualTo(new Cost(3, 1));
	}

	@Test
	void nameThatWasNeverLockedBeforeCostsOneRequestMoreAndNoWait() throws Exception {
		ManagedLockRegistry locks = registry(false);
		locks.acquire("first").close();
		Cost ours = cost(this.wire, (cycle) -> locks.acquire("new-" + cycle).close());
		new InterProcessMutex(this.peer, "/peer/first").acquire();
		Cost peers = cost(this.peersWire, (cycle) -> cycle(new InterProcessMutex(this.peer, "/peer/new-" + cycle)));
		tell("cold, a new name", ours, peers);
		assertThat(ours).isEqualTo(new Cost(4, 2));
		assertThat(peers.requests()).isGreaterThanOrEqualTo(8);
		assertThat(peers.waits()).isGreaterThanOrEqualTo(6);
	}

	@Test
	void nameWhoseContainerTheServerRemovedIsLockedWithTwoWaits() throws Exception {
		ManagedLockRegistry locks = registry(false);
		locks.acquire("reaped").close();
		List<Integer> waits = new ArrayList<>();
		Cost ours = cost(this.wire, (cycle) -> {
			server().look().delete(LockPath.of(ROOT, key("reaped")).lock(), -1);
			int before = this.wire.depth();
			LockHandle handle = locks.acquire("reaped");
			waits.add(this.wire.depth() - before);
			handle.close();
		});
		InterProcessMutex mutex = new InterProcessMutex(this.peer, "/reaped");
		cycle(mutex);
		Cost peers = cost(this.peersWire, (cycle) -> {
			server().look().delete("/reaped", -1);
			cycle(mutex);
		});
		tell("cold, container removed", ours, peers);
		assertThat(median(waits)).as("waits of the acquisition").isEqualTo(2);
		assertThat(ours.waits()).as("waits of the cycle").isEqualTo(3);
		assertThat(peers.waits()).isGreaterThanOrEqualTo(6);
	}

	@Test
	void threadsOfOneProcessShareTheirRequests() throws Exception {
		ManagedLockRegistry locks = registry(false);
		locks.acquire("hot").close();
		InterProcessMutex mutex = new InterProcessMutex(this.peer, "/hot");
		cycle(mutex);
		Cost ours = contended(this.wire, 6400, () -> locks.acquire(LockSpec.of("hot").withWaitTime(PATIENCE)).close());
		Cost peers = contended(this.peersWire, 20, () -> cycle(mutex));
		tell(THREADS + " threads, one name", ours, peers);
		assertThat(ours.requests()).isLessThan(0.2);
		assertThat(peers.requests()).isGreaterThan(THREADS / 2d);
	}

	/**
	 * What a cycle costs when one follows the other.
	 */
	private static Cost cost(ZookeeperWire wire, Cycle cycle) throws Exception {
		List<Integer> waits = new ArrayList<>();
		wire.reset();
		for (int i = 0; i < CYCLES; i++) {
			int before = wire.depth();
			cycle.run(i);
			waits.add(wire.depth() - before);
		}
		return new Cost(wire.requests() / (double) CYCLES, median(waits));
	}

	/**
	 * What a cycle costs when many threads want the same all the time. How often each of
	 * them waits for the server says nothing: they wait for each other.
	 */
	private static Cost contended(ZookeeperWire wire, int cycles, Action cycle) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(THREADS);
		CountDownLatch all = new CountDownLatch(THREADS);
		AtomicInteger left = new AtomicInteger(cycles);
		AtomicInteger requests = new AtomicInteger();
		CountDownLatch done = new CountDownLatch(1);
		wire.reset();
		try {
			for (int i = 0; i < THREADS; i++) {
				threads.execute(() -> {
					all.countDown();
					try {
						all.await();
						while (left.get() > 0) {
							cycle.run();
							if (left.decrementAndGet() == 0) {
								requests.set(wire.requests());
								done.countDown();
							}
						}
					}
					catch (Exception ex) {
						// the end
					}
				});
			}
			assertThat(done.await(120, TimeUnit.SECONDS)).isTrue();
		}
		finally {
			threads.shutdownNow();
			assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
		}
		return new Cost(requests.get() / (double) cycles, 0);
	}

	private static int median(List<Integer> values) {
		return values.stream().sorted().toList().get(values.size() / 2);
	}

	private static void tell(String what, Cost ours, Cost peers) {
		TABLE.add(String.format(Locale.ROOT, "%-32s%-24s%-24s%s", what, ours, peers, peers.over(ours)));
	}

	private Cycle warm(String path) throws Exception {
		InterProcessMutex mutex = new InterProcessMutex(this.peer, path);
		cycle(mutex);
		return (cycle) -> cycle(mutex);
	}

	private static void cycle(InterProcessMutex mutex) throws Exception {
		mutex.acquire();
		mutex.release();
	}

	private void awaitNoNode(String name) {
		String path = LockPath.of(ROOT, key(name)).lock();
		patiently().until(() -> server().children(path).isEmpty());
	}

	private ManagedLockRegistry registry(boolean asyncRelease) {
		return closing(LockRegistryBuilder.of(ZookeeperLockBackendFactory.of(this.wire.address(), null, SHORT))
			.namespace(key().namespace())
			.asyncRelease(asyncRelease)
			.gracePeriod(Duration.ZERO)
			.build());
	}

	private CuratorFramework client(ZookeeperWire wire) {
		CuratorFramework client = closing(
				CuratorFrameworkFactory.newClient(wire.address(), 4000, 4000, new RetryOneTime(100)));
		client.start();
		return client;
	}

	/**
	 * What one cycle costs.
	 *
	 * @param requests how many requests
	 * @param waits how often the caller waited for the server; zero where that was not
	 * counted
	 */
	private record Cost(double requests, int waits) {

		String over(Cost other) {
			String ratio = String.format(Locale.ROOT, "%.1f", this.requests / other.requests);
			return (this.waits == 0) ? ratio
					: ratio + String.format(Locale.ROOT, ", %.1f", this.waits / (double) other.waits);
		}

		@Override
		public String toString() {
			String text = String.format(Locale.ROOT, "%.3f", this.requests);
			return (this.waits == 0) ? text : text + ", " + this.waits;
		}

	}

	private interface Cycle {

		void run(int number) throws Exception;

	}

	private interface Action {

		void run() throws Exception;

	}

}
