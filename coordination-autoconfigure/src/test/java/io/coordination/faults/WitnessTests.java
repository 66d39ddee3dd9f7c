package io.coordination.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

import io.coordination.redis.RedisServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Witness} and {@link TokenOrder}, and the negative controls of all
 * tests that rely on them: without a lock, and with a lock that lets two in now and then,
 * they must complain.
 */
class WitnessTests {

	private static final int THREADS = 8;

	private static final int VISITS = 200;

	private RedisServer redis;

	@BeforeEach
	void start() {
		this.redis = RedisServer.start();
	}

	@AfterEach
	void stop() {
		this.redis.close();
	}

	@Test
	void withALockNothingIsNoticed() throws Exception {
		Lock lock = new ReentrantLock();
		visit((visit) -> {
			lock.lock();
			try {
				visit.run();
			}
			finally {
				lock.unlock();
			}
		});
		try (Witness witness = new Witness(this.redis.port(), "test")) {
			assertThat(witness.counted("name")).isEqualTo(THREADS * VISITS);
			assertThat(witness.violations()).isEmpty();
		}
	}

	@Test
	void withoutALockUpdatesAreLostAndOverlapsNoticed() throws Exception {
		visit(Runnable::run);
		try (Witness witness = new Witness(this.redis.port(), "test")) {
			assertThat(witness.counted("name")).isLessThan(THREADS * VISITS);
			assertThat(witness.violations()).isNotEmpty().anyMatch((violation) -> violation.contains("was inside"));
		}
	}

	@Test
	void aLockThatFailsOnceInAHundredIsNoticed() throws Exception {
		Lock lock = new ReentrantLock();
		AtomicLong attempts = new AtomicLong();
		visit((visit) -> {
			boolean locked = attempts.incrementAndGet() % 100 != 0;
			if (locked) {
				lock.lock();
			}
			try {
				visit.run();
			}
			finally {
				if (locked) {
					lock.unlock();
				}
			}
		});
		try (Witness witness = new Witness(this.redis.port(), "test")) {
			assertThat(witness.violations()).isNotEmpty();
		}
	}

	@Test
	void aTokenThatDoesNotGrowIsNoticedAndChangesNothing() {
		try (Witness witness = new Witness(this.redis.port(), "test")) {
			assertThat(witness.present("name", 5)).isTrue();
			assertThat(witness.present("other", 5)).isTrue();
			assertThat(witness.present("name", 5)).isFalse();
			assertThat(witness.present("name", 4)).isFalse();
			assertThat(witness.present("name", 6)).isTrue();
			assertThat(witness.violations()).containsExactly("name: test@5 came after token 5",
					"name: test@4 came after token 5");
		}
	}

	@Test
	void aTokenThatComesBackIsFineUntilALargerOneWasSeen() {
		try (Witness witness = new Witness(this.redis.port(), "test")) {
			witness.visit("name", 5);
			witness.revisit("name", 5);
			assertThat(witness.violations()).isEmpty();
			witness.visit("name", 6);
			witness.revisit("name", 5);
			assertThat(witness.counted("name")).isEqualTo(4);
			assertThat(witness.violations()).containsExactly("name: test@5 came back after token 6");
		}
	}

	@Test
	void whoComesBackWhileSomebodyIsInsideIsNoticed() {
		try (Witness witness = new Witness(this.redis.port(), "test")) {
			witness.visit("name", 5);
			witness.enter("name", 6);
			witness.revisit("name", 5);
			assertThat(witness.violations()).contains("name: test@5 entered while test@6 was inside");
		}
	}

	@Test
	void tokensInTheOrderOfTheirGrantsAreFine() {
		TokenOrder order = new TokenOrder();
		order.granted("name", 0, 10, 1);
		order.granted("name", 20, 30, 5);
		// overlapping requests may be granted in either order
		order.granted("name", 25, 40, 3);
		order.granted("other", 50, 60, 1);
		assertThat(order.violations()).isEmpty();
		assertThat(order.size()).isEqualTo(4);
	}

	@Test
	void aTokenThatIsSmallerThanAnEarlierOneIsNoticed() {
		TokenOrder order = new TokenOrder();
		order.granted("name", 0, 10, 5);
		order.granted("name", 20, 30, 4);
		assertThat(order.violations()).containsExactly("name: token 4 was asked for after 5 was granted");
	}

	@Test
	void aTokenThatIsGivenTwiceIsNoticed() {
		TokenOrder order = new TokenOrder();
		order.granted("name", 0, 10, 5);
		order.granted("name", 5, 15, 5);
		assertThat(order.violations()).containsExactly("name: a token was given twice");
	}

	private void visit(Guard guard) throws Exception {
		AtomicLong tokens = new AtomicLong();
		CyclicBarrier together = new CyclicBarrier(THREADS);
		ExecutorService executor = Executors.newFixedThreadPool(THREADS);
		List<Future<?>> visitors = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			String who = "visitor-" + i;
			visitors.add(executor.submit(() -> {
				try (Witness witness = new Witness(this.redis.port(), who)) {
					together.await();
					for (int j = 0; j < VISITS; j++) {
						guard.run(() -> witness.visit("name", tokens.incrementAndGet()));
					}
				}
				return null;
			}));
		}
		try {
			for (Future<?> visitor : visitors) {
				visitor.get();
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

	private interface Guard {

		void run(Runnable visit);

	}

}
