package io.coordination.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockSpec;
import io.coordination.redis.RedisServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * What a lock costs on the wire, counted between client and server. Catches every extra
 * round trip: a script that is sent again in full, a subscription for each lock, a check
 * before or after, a local hand-off that asks the store.
 */
class RequestCountTests {

	private static final int CYCLES = 100;

	private FaultProxy proxy;

	private Instance instance;

	@BeforeEach
	void start() throws Exception {
		this.proxy = new FaultProxy(RedisServer.shared().port());
		this.instance = Instance.startPatient(this.proxy.port(), (builder) -> {
		});
		// connects and loads the scripts
		this.instance.locks().acquire("first").release();
		this.proxy.resetCounters();
	}

	@AfterEach
	void stop() {
		this.instance.close();
		this.proxy.close();
	}

	@Test
	void lockAndUnlockAreTwoRequests() throws Exception {
		for (int i = 0; i < CYCLES; i++) {
			try (LockHandle handle = this.instance.locks().acquire("order")) {
				handle.ensureHeld();
			}
		}
		assertThat(this.proxy.requests()).containsOnly(entry("EVALSHA", 2L * CYCLES));
	}

	@Test
	void aNameThatWasNeverLockedBeforeCostsNoMore() throws Exception {
		for (int i = 0; i < CYCLES; i++) {
			this.instance.locks().acquire("order-" + i).release();
		}
		assertThat(this.proxy.requests()).containsOnly(entry("EVALSHA", 2L * CYCLES));
	}

	@Test
	void aReentrantAcquireIsNoRequest() throws Exception {
		Lock lock = this.instance.locks().asLock("order");
		lock.lock();
		try {
			this.proxy.resetCounters();
			for (int i = 0; i < CYCLES; i++) {
				lock.lock();
				try {
					assertThat(this.instance.locks().execute(LockSpec.of("order"), LockHandle::fencingToken))
						.isPositive();
				}
				finally {
					lock.unlock();
				}
			}
			assertThat(this.proxy.requests()).isEmpty();
		}
		finally {
			lock.unlock();
		}
		assertThat(this.proxy.requests()).containsOnly(entry("EVALSHA", 1L));
	}

	@Test
	void sixteenThreadsOnOneNameShareTheirRequests() throws Exception {
		long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
		ExecutorService executor = Executors.newFixedThreadPool(16);
		try {
			List<Future<Integer>> threads = new ArrayList<>();
			for (int i = 0; i < 16; i++) {
				threads.add(executor.submit(() -> cycleUntil(end)));
			}
			long cycles = 0;
			for (Future<Integer> thread : threads) {
				cycles += thread.get(30, TimeUnit.SECONDS);
			}
			long requests = this.proxy.requestCount();
			System.out.println("Hot lock: " + cycles + " cycles, " + requests + " requests " + this.proxy.requests());
			assertThat(cycles).isGreaterThan(1000);
			assertThat((double) requests / cycles).as("%s requests in %s cycles", requests, cycles).isLessThan(0.1);
		}
		finally {
			executor.shutdownNow();
		}
	}

	private int cycleUntil(long end) throws InterruptedException {
		int cycles = 0;
		for (; System.nanoTime() < end; cycles++) {
			this.instance.locks().acquire("hot").close();
		}
		return cycles;
	}

}
