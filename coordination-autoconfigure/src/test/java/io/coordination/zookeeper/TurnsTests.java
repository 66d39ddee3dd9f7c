package io.coordination.zookeeper;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Turns}.
 */
class TurnsTests {

	private final Turns turns = new Turns();

	private final List<String> begun = new ArrayList<>();

	private final List<Runnable> passOn = new ArrayList<>();

	@Test
	void nextBeginsWhenTheTurnIsPassedOn() {
		take("a", "first");
		take("a", "second");
		take("a", "third");
		take("b", "other");
		assertThat(this.begun).containsExactly("first", "other");
		this.passOn.get(0).run();
		assertThat(this.begun).containsExactly("first", "other", "second");
		this.passOn.get(2).run();
		assertThat(this.begun).containsExactly("first", "other", "second", "third");
	}

	@Test
	void turnIsPassedOnOnce() {
		take("a", "first");
		take("a", "second");
		take("a", "third");
		this.passOn.get(0).run();
		this.passOn.get(0).run();
		assertThat(this.begun).containsExactly("first", "second");
	}

	@Test
	void nothingIsRememberedOfWhatNobodyAsksFor() {
		take("a", "first");
		take("a", "second");
		assertThat(this.turns.size()).isOne();
		this.passOn.get(0).run();
		this.passOn.get(1).run();
		assertThat(this.turns.size()).isZero();
		take("a", "third");
		assertThat(this.begun).endsWith("third");
	}

	@Test
	void longQueueThatFailsAtOnceNeedsNoDeepStack() {
		take("a", "first");
		AtomicInteger served = new AtomicInteger();
		for (int i = 0; i < 100_000; i++) {
			this.turns.take("a", (next) -> {
				served.incrementAndGet();
				next.run();
			});
		}
		this.passOn.get(0).run();
		assertThat(served).hasValue(100_000);
		assertThat(this.turns.size()).isZero();
	}

	@Test
	void oneOfManyThreadsIsInTurn() throws InterruptedException {
		ExecutorService threads = Executors.newFixedThreadPool(4);
		AtomicInteger inTurn = new AtomicInteger();
		AtomicInteger overlaps = new AtomicInteger();
		CountDownLatch done = new CountDownLatch(4000);
		try {
			for (int i = 0; i < 4; i++) {
				threads.execute(() -> {
					for (int k = 0; k < 1000; k++) {
						this.turns.take("a", (next) -> {
							overlaps.addAndGet(inTurn.getAndIncrement());
							threads.execute(() -> {
								inTurn.decrementAndGet();
								next.run();
								done.countDown();
							});
						});
					}
				});
			}
			assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(overlaps).hasValue(0);
		assertThat(this.turns.size()).isZero();
	}

	private void take(String path, String name) {
		this.turns.take(path, (next) -> {
			this.begun.add(name);
			this.passOn.add(next);
		});
	}

}
