package io.coordination.jobs;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;

import io.coordination.jobs.Outside.Outbox;
import io.coordination.jobs.Outside.PriceSource;
import io.coordination.jobs.Outside.SeatPlan;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.StaleLockException;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The other jobs of {@code docs/jobs.md}, each done by two instances at the same time.
 * Without its annotation each of these jobs fails its test.
 */
class BackgroundJobsTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@Test
	void cron() throws Exception {
		try (Instances instances = Instances.of(DailyReport.class)) {
			instances.race(DailyReport.class, 8, (job, number) -> {
				job.write();
				return number;
			});
			instances.get(DailyReport.class).forEach(DailyReport::write);
			assertThat(instances.count("SELECT COUNT(*) FROM report")).isOne();
		}
	}

	@Test
	void stampede() throws Exception {
		AtomicInteger asked = new AtomicInteger();
		PriceSource source = (sku) -> {
			takeTime();
			return 100 + asked.incrementAndGet();
		};
		CacheManager shared = new ConcurrentMapCacheManager();
		try (Instances instances = Instances.of((context) -> {
			context.registerBean(PriceSource.class, () -> source);
			context.registerBean(CacheManager.class, () -> shared);
		}, Caching.class, Prices.class, PriceLoader.class)) {
			assertThat(instances.race(Prices.class, 40, (job, number) -> job.priceOf(42))).containsOnly(101);
			assertThat(asked).hasValue(1);
			instances.locks().holdElsewhere("price", 42);
			assertThat(instances.get(Prices.class).get(1).priceOf(42)).isEqualTo(101);
		}
	}

	@Test
	void startUpWork() throws Exception {
		try (Instances instances = Instances.of(Countries.class)) {
			assertThat(instances.count("SELECT COUNT(*) FROM country")).isEqualTo(3);
			instances.race(Countries.class, 8, (job, number) -> {
				instances.database().sql("DELETE FROM country WHERE ? = 0").param(number).update();
				job.load();
				return number;
			});
			assertThat(instances.count("SELECT COUNT(*) FROM country")).isEqualTo(3);
		}
	}

	@Test
	void activeAndStandby() throws Exception {
		Queue<Long> tokens = new ConcurrentLinkedQueue<>();
		try (Instances instances = Instances
			.of((context) -> context.registerBean(Messages.class, () -> new Messages(tokens)), Relay.class)) {
			List<Messages> messages = instances.get(Messages.class);
			Awaitility.await().atMost(PATIENCE).until(() -> tokens.size() > 10);
			assertThat(messages).extracting(Messages::forwarded).containsOnlyOnce(0);
			int first = (messages.get(0).forwarded() > 0) ? 0 : 1;
			instances.get(LockTestSupport.class).get(first).loseAll();
			Awaitility.await().atMost(PATIENCE).until(() -> messages.get(first).interrupted() == 1);
			Awaitility.await().atMost(PATIENCE).until(() -> tokens.stream().distinct().count() == 2);
			int second = instances.get(LockTestSupport.class).get(0).isHeld("relay") ? 0 : 1;
			int before = messages.get(1 - second).forwarded();
			instances.stop(second);
			Awaitility.await().atMost(PATIENCE).until(() -> messages.get(1 - second).forwarded() > before);
			assertThat(tokens.stream().distinct()).hasSize(3).isSorted();
		}
	}

	@Test
	void fileImport() throws Exception {
		try (Instances instances = Instances.of(TenantImport.class)) {
			TenantImport job = instances.get(TenantImport.class).get(0);
			try (AutoCloseable other = instances.locks().holdElsewhere("import", "acme")) {
				assertThat(other).isNotNull();
				assertThatExceptionOfType(LockNotAcquiredException.class)
					.isThrownBy(() -> job.importAll("acme", List.of("a"), 0));
				job.importAll("other", List.of("a", "b"), 0);
			}
			Iterable<String> untilTheLockIsLost = () -> Stream.of("a", "b", "c", "d", "e")
				.peek((line) -> loseAt(line, instances.locks()))
				.iterator();
			assertThatExceptionOfType(InterruptedException.class)
				.isThrownBy(() -> job.importAll("acme", untilTheLockIsLost, 0))
				.withMessage("The import of acme has lost its lock");
			assertThat(instances.database()
				.sql("SELECT name FROM customer WHERE tenant = 'acme' ORDER BY name")
				.query(String.class)
				.list()).containsExactly("a", "b");
			instances.overtake("import:late");
			assertThatExceptionOfType(StaleLockException.class)
				.isThrownBy(() -> job.importAll("late", List.of("a"), 0));
		}
	}

	private static void loseAt(String line, LockTestSupport locks) {
		if (line.equals("c")) {
			locks.loseAll();
			try {
				assertThat(new CountDownLatch(1).await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("waited").isTrue();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	@Test
	void reactive() throws Exception {
		SeatPlan plan = new SlowPlan();
		try (Instances instances = Instances.of((context) -> context.registerBean(SeatPlan.class, () -> plan),
				Seats.class)) {
			List<Boolean> booked = Flux.range(0, 20)
				.flatMap((guest) -> instances.get(Seats.class).get(guest % 2).book("A1", "guest " + guest), 20)
				.collectList()
				.block(PATIENCE);
			assertThat(booked).hasSize(20).containsOnlyOnce(true);
		}
	}

	/**
	 * So slow that all the others come meanwhile.
	 */
	private static void takeTime() {
		long start = System.nanoTime();
		Awaitility.await().until(() -> System.nanoTime() - start > 300_000_000);
	}

	@EnableCaching
	static class Caching {

	}

	static class Messages implements Outbox {

		private final Queue<Long> tokens;

		private final AtomicInteger forwarded = new AtomicInteger();

		private final AtomicInteger interrupted = new AtomicInteger();

		Messages(Queue<Long> tokens) {
			this.tokens = tokens;
		}

		int forwarded() {
			return this.forwarded.get();
		}

		int interrupted() {
			return this.interrupted.get();
		}

		@Override
		public void forwardNext(Duration patience, long fencingToken) throws InterruptedException {
			this.tokens.add(fencingToken);
			this.forwarded.incrementAndGet();
			try {
				// A message every ten milliseconds
				new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
			}
			catch (InterruptedException ex) {
				this.interrupted.incrementAndGet();
				throw ex;
			}
		}

	}

	static class SlowPlan implements SeatPlan {

		private static final Duration ROUND_TRIP = Duration.ofMillis(5);

		private final Map<String, String> guests = new ConcurrentHashMap<>();

		@Override
		public Mono<String> guestOf(String seat) {
			return Mono.fromSupplier(() -> this.guests.get(seat)).delaySubscription(ROUND_TRIP);
		}

		@Override
		public Mono<Void> assign(String seat, String guest) {
			return Mono.<Void>fromRunnable(() -> this.guests.put(seat, guest)).delaySubscription(ROUND_TRIP);
		}

	}

}
