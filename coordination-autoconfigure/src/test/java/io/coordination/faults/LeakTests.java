package io.coordination.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.memory.MemoryLockBackendFactory;
import io.coordination.redis.RedisServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Names come and go, and nothing of them stays. Catches an entry for each name that is
 * never removed (in a gate, a queue, the watchdog, a cleaner, the store), and a thread
 * for each of them.
 */
@Tag("load")
class LeakTests {

	private static final int THREADS = 4;

	/**
	 * A million names that left one entry of a hash map each (32 bytes with compressed
	 * pointers) would keep 32 MB. Less is noise: what the JVM itself, JaCoCo and the
	 * tests that ran before keep or drop meanwhile.
	 */
	private static final long TOLERATED_BYTES = 4 * 1024 * 1024;

	@Test
	void aMillionNamesInMemoryLeaveNothing() throws Exception {
		try (ManagedLockRegistry locks = LockRegistryBuilder.of(new MemoryLockBackendFactory()).build()) {
			acquire(locks, "warm-up", 20_000);
			long heap = Leftovers.heap();
			int threads = Thread.activeCount();
			acquire(locks, "name", 1_000_000);
			assertNothingLeft(locks, heap, threads, 0, TOLERATED_BYTES);
		}
	}

	/**
	 * Fewer names, so a smaller tolerance: 50,000 entries of 32 bytes are 1.6 MB. Lettuce
	 * and Netty are warm by then.
	 */
	@Test
	void fiftyThousandNamesInRedisLeaveNothing() throws Exception {
		try (RedisServer redis = RedisServer.start(); Instance instance = Instance.startUnrecorded(redis.port())) {
			acquire(instance.locks(), "warm-up", 5_000);
			long heap = Leftovers.heap();
			int threads = Thread.activeCount();
			acquire(instance.locks(), "name", 50_000);
			assertNothingLeft(instance.locks(), heap, threads, 1, 1_500_000);
			try (RedisProbe probe = new RedisProbe(redis.port())) {
				assertThat(probe.askList("KEYS", "*")).containsExactly(Instance.fenceKey());
			}
		}
	}

	/**
	 * The same for callers that give up: each is a waiter here and in the store's queue,
	 * and a request that is withdrawn.
	 */
	@Test
	void waitersThatGiveUpLeaveNothing() throws Exception {
		try (RedisServer redis = RedisServer.start();
				Instance holder = Instance.startUnrecorded(redis.port());
				Instance instance = Instance.startUnrecorded(redis.port());
				LockHandle held = holder.locks().acquire("busy")) {
			giveUp(instance.locks(), 200);
			long heap = Leftovers.heap();
			int threads = Thread.activeCount();
			giveUp(instance.locks(), 2_000);
			assertNothingLeft(instance.locks(), heap, threads, 1, 500_000);
			held.ensureHeld();
			try (RedisProbe probe = new RedisProbe(redis.port())) {
				assertThat(probe.askList("KEYS", "*")).containsOnly(Instance.fenceKey(), Instance.lockKey("busy"));
			}
		}
	}

	private static void assertNothingLeft(LockRegistry locks, long heap, int threads, int newThreads, long tolerated) {
		assertThat(locks.held()).isEmpty();
		long grown = Leftovers.heap() - heap;
		System.out.println(
				"Heap grew by " + grown + " bytes from " + heap + ", threads by " + (Thread.activeCount() - threads));
		assertThat(grown).as("bytes more than before").isLessThan(tolerated);
		assertThat(Thread.activeCount()).as("threads").isLessThanOrEqualTo(threads + newThreads);
	}

	private static void acquire(LockRegistry locks, String prefix, int names) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(THREADS);
		List<Future<?>> workers = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			int first = i;
			workers.add(executor.submit(() -> {
				for (int name = first; name < names; name += THREADS) {
					locks.acquire(prefix + name).close();
				}
				return null;
			}));
		}
		finish(executor, workers);
	}

	private static void giveUp(LockRegistry locks, int times) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(THREADS);
		List<Future<?>> workers = new ArrayList<>();
		LockSpec spec = LockSpec.of("busy").withWaitTime(Duration.ofMillis(5));
		for (int i = 0; i < THREADS; i++) {
			workers.add(executor.submit(() -> {
				for (int j = 0; j < times / THREADS; j++) {
					assertThat(locks.tryAcquire(spec)).isEmpty();
				}
				return null;
			}));
		}
		finish(executor, workers);
	}

	private static void finish(ExecutorService executor, List<Future<?>> workers) throws Exception {
		try {
			for (Future<?> worker : workers) {
				worker.get();
			}
		}
		finally {
			executor.shutdownNow();
			executor.awaitTermination(5, java.util.concurrent.TimeUnit.SECONDS);
		}
	}

}
