package io.coordination.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockSpec;
import io.coordination.redis.RedisServer;
import org.awaitility.Awaitility;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two instances with four threads each that work on three names while a test spoils the
 * server. The witness is in another server, which nobody spoils. Notes how long every
 * call took, what failed, and all tokens.
 */
final class FaultyHours implements AutoCloseable {

	private static final int THREADS = 4;

	private static final String[] NAMES = { "north", "south", "west" };

	private static final Duration WAIT_TIME = Duration.ofSeconds(1);

	private final List<Instance> instances = new ArrayList<>();

	private final List<Thread> threads = new ArrayList<>();

	private final TokenOrder tokens = new TokenOrder();

	private final Map<String, LongAdder> visits = new ConcurrentHashMap<>();

	private final Queue<String> failures = new ConcurrentLinkedQueue<>();

	private final AtomicLong longestAcquire = new AtomicLong();

	private final AtomicLong longestRelease = new AtomicLong();

	private final Witness witness;

	private final Duration commandTimeout;

	private volatile boolean over;

	FaultyHours(RedisServer redis, RedisServer resource, Duration commandTimeout, Duration leaseTime) {
		this.commandTimeout = commandTimeout;
		this.witness = new Witness(resource.port(), "test");
		for (int i = 0; i < 2; i++) {
			Instance instance = Instance.start(redis.port(), commandTimeout,
					(builder) -> builder.waitTime(WAIT_TIME).leaseTime(leaseTime));
			this.instances.add(instance);
			for (int j = 0; j < THREADS; j++) {
				String who = "worker-" + i + "-" + j;
				Thread thread = new Thread(() -> work(instance, resource.port(), who), who);
				this.threads.add(thread);
				thread.start();
			}
		}
	}

	Instance first() {
		return this.instances.get(0);
	}

	/**
	 * Lets the instances work.
	 */
	void workFor(Duration time) {
		LockSupport.parkNanos(time.toNanos());
	}

	/**
	 * What went wrong so far that is not a lock being busy.
	 */
	List<String> failures() {
		return List.copyOf(this.failures);
	}

	/**
	 * Both instances acquire all names again, within a few seconds and without help.
	 */
	void assertRecovers() {
		for (Instance instance : this.instances) {
			for (String name : NAMES) {
				Awaitility.await().ignoreExceptions().atMost(Duration.ofSeconds(12)).until(() -> {
					instance.locks().acquire(LockSpec.of(name).withWaitTime(Duration.ofSeconds(2))).close();
					return true;
				});
			}
		}
	}

	/**
	 * Ends the work, and checks what holds whatever happened: each call came back in its
	 * time and no thread waits.
	 */
	void finish() throws InterruptedException {
		this.over = true;
		for (Thread thread : this.threads) {
			thread.join(Duration.ofSeconds(10).toMillis());
			assertThat(thread.isAlive()).as("%s still waits", thread.getName()).isFalse();
		}
		System.out.println("Visits " + this.visits + ", longest acquire " + millis(this.longestAcquire)
				+ " ms, longest release " + millis(this.longestRelease) + " ms, failures " + summary());
		assertThat(this.tokens.size()).as("grants").isGreaterThan(100);
		assertThat(Duration.ofNanos(this.longestAcquire.get())).as("longest acquire")
			.isLessThan(WAIT_TIME.plus(this.commandTimeout).plus(Instance.SCHEDULING_SLACK));
		assertThat(Duration.ofNanos(this.longestRelease.get())).as("longest release")
			.isLessThan(this.commandTimeout.plus(Instance.SCHEDULING_SLACK));
	}

	/**
	 * No two were inside at once, and no update was lost.
	 */
	void assertExclusive() {
		assertThat(this.witness.violations()).isEmpty();
		this.visits
			.forEach((name, visited) -> assertThat(this.witness.counted(name)).as(name).isEqualTo(visited.sum()));
		assertTokensGrow();
	}

	/**
	 * Whatever two held at once: who asked later has the larger token.
	 */
	void assertTokensGrow() {
		assertThat(this.tokens.violations()).isEmpty();
	}

	@Override
	public void close() {
		this.over = true;
		this.threads.forEach(Thread::interrupt);
		this.instances.forEach(Instance::close);
		this.witness.close();
	}

	private void work(Instance instance, int resourcePort, String who) {
		try (Witness resource = new Witness(resourcePort, who)) {
			for (int i = 0; !this.over; i++) {
				visit(instance, NAMES[i % NAMES.length], resource);
				// a refused connection fails at once; the load shall not be a busy loop
				// of failures
				LockSupport.parkNanos(1_000_000);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void visit(Instance instance, String name, Witness resource) throws InterruptedException {
		long asked = System.nanoTime();
		LockHandle handle;
		try {
			handle = instance.locks().acquire(name);
		}
		catch (LockNotAcquiredException ex) {
			return;
		}
		catch (LockBackendException ex) {
			this.failures.add(ex.getClass().getSimpleName());
			return;
		}
		finally {
			longest(this.longestAcquire, asked);
		}
		this.tokens.granted(name, asked, System.nanoTime(), handle.fencingToken());
		resource.visit(name, handle.fencingToken());
		this.visits.computeIfAbsent(name, (n) -> new LongAdder()).increment();
		long released = System.nanoTime();
		try {
			handle.release();
		}
		catch (LockBackendException ex) {
			this.failures.add("release: " + ex.getClass().getSimpleName());
		}
		finally {
			longest(this.longestRelease, released);
		}
	}

	private Map<String, Integer> summary() {
		Map<String, Integer> summary = new TreeMap<>();
		this.failures.forEach((failure) -> summary.merge(failure, 1, Integer::sum));
		return summary;
	}

	private static void longest(AtomicLong longest, long since) {
		long time = System.nanoTime() - since;
		longest.accumulateAndGet(time, Math::max);
	}

	private static long millis(AtomicLong nanos) {
		return nanos.get() / 1_000_000;
	}

}
