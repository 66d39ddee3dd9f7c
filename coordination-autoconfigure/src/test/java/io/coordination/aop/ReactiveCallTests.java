package io.coordination.aop;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Methods that return a reactive type. A lock that is released when the method returns,
 * as a plain interceptor does it, fails nearly all of these.
 */
class ReactiveCallTests extends LockedFixture<ReactiveCallTests.Service> {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	ReactiveCallTests() {
		super(Service.class);
	}

	@Test
	void locksNothingBeforeAnybodySubscribes() {
		run((service) -> {
			Mono<String> mono = service.one("a", Mono.just("done"));
			assertThat(held()).isEmpty();
			assertThat(service.entered()).isEmpty();
			assertThat(mono.block(PATIENCE)).isEqualTo("done");
			assertThat(mono.block(PATIENCE)).isEqualTo("done");
			assertThat(service.entered()).containsExactly("a", "a");
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void holdsTheLockUntilTheMonoHasCompleted() {
		run((service) -> {
			Sinks.One<String> work = Sinks.one();
			AtomicReference<String> result = new AtomicReference<>();
			service.one("a", work.asMono()).subscribe(result::set);
			entered(service, "a");
			assertThat(held()).containsExactly("work:a");
			assertThat(result).hasNullValue();
			work.emitValue("done", Sinks.EmitFailureHandler.FAIL_FAST);
			Awaitility.await().untilAtomic(result, (value) -> assertThat(value).isEqualTo("done"));
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void holdsTheLockUntilTheFluxHasCompleted() {
		run((service) -> {
			Sinks.Many<String> work = Sinks.many().unicast().onBackpressureBuffer();
			Queue<String> results = new ConcurrentLinkedQueue<>();
			service.many("a", work.asFlux()).subscribe(results::add);
			entered(service, "a");
			work.emitNext("first", Sinks.EmitFailureHandler.FAIL_FAST);
			Awaitility.await().until(() -> results.contains("first"));
			assertThat(held()).containsExactly("work:a");
			work.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
			Awaitility.await().until(() -> held().isEmpty());
		});
	}

	@Test
	void releasesWhenThePublisherFails() {
		run((service) -> {
			assertThatIllegalStateException()
				.isThrownBy(
						() -> service.one("a", Mono.error(new IllegalStateException("of the method"))).block(PATIENCE))
				.withMessage("of the method");
			assertThatExceptionOfType(NullPointerException.class)
				.isThrownBy(() -> service.one("a", null).block(PATIENCE));
			assertThat(service.many("a", Flux.error(new IllegalStateException("x")))
				.onErrorReturn("failed")
				.collectList()
				.block(PATIENCE)).containsExactly("failed");
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void releasesWhenTheSubscriptionIsCancelled() {
		run((service) -> {
			Disposable subscription = service.one("a", Mono.never()).subscribe();
			entered(service, "a");
			assertThat(held()).containsExactly("work:a");
			subscription.dispose();
			Awaitility.await().until(() -> held().isEmpty());
			assertThat(service.many("a", Flux.range(1, 9).map(String::valueOf)).take(2).collectList().block(PATIENCE))
				.containsExactly("1", "2");
			Awaitility.await().until(() -> held().isEmpty());
		});
	}

	@Test
	void cancellingEndsTheWait() {
		run((service) -> {
			try (LockHandle other = registry().acquire("work:a")) {
				service.one("a", Mono.just("done")).subscribe().dispose();
				assertThat(other.fencingToken()).isPositive();
			}
			Awaitility.await().until(() -> held().isEmpty());
			assertThat(service.entered()).isEmpty();
		});
	}

	@Test
	void nothingRemainsHeldWhenGrantAndCancellationMeet() {
		run((service) -> {
			for (int i = 0; i < 300; i++) {
				service.one("a", Mono.never()).subscribeOn(Schedulers.parallel()).subscribe().dispose();
			}
			Awaitility.await().until(() -> held().isEmpty());
			assertThat(service.one("a", Mono.just("free")).block(PATIENCE)).isEqualTo("free");
		});
	}

	@Test
	void isBusyWithoutRunning() {
		run((service) -> {
			try (LockHandle other = registry().acquire("once:a")) {
				assertThatExceptionOfType(LockNotAcquiredException.class)
					.isThrownBy(() -> service.once("a").block(PATIENCE));
				assertThat(service.skipped("a").blockOptional(PATIENCE)).isEmpty();
				assertThat(service.skippedMany("a").collectList().block(PATIENCE)).isEmpty();
				assertThat(service.fallen("a").block(PATIENCE))
					.startsWith("fallback for a: Lock 'once:a' not acquired");
				assertThat(other.fencingToken()).isPositive();
			}
			assertThat(service.entered()).isEmpty();
			assertThat(service.fallen("a").block(PATIENCE)).isEqualTo("a");
		});
	}

	@Test
	void aLockThatWasLostIsAnErrorAtTheEnd() {
		run((service) -> {
			AtomicBoolean cancelled = new AtomicBoolean();
			Mono<String> late = Mono.just("done").delayElement(Duration.ofMillis(200));
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> service.brief("a", late).block(PATIENCE));
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> service.briefly("a", late.flux()).collectList().block(PATIENCE));
			assertThat(service.briefAllTheSame("a", late).block(PATIENCE)).isEqualTo("done");
			assertThatExceptionOfType(LockLostException.class).as("at once")
				.isThrownBy(() -> service.interrupted("a", Mono.<String>never().doOnCancel(() -> cancelled.set(true)))
					.block(PATIENCE));
			assertThat(cancelled).isTrue();
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void aRefusalThatTheMethodRunsIntoIsNotItsOwn() {
		run((service) -> {
			LockNotAcquiredException other = new LockNotAcquiredException("of somebody else");
			assertThatExceptionOfType(LockNotAcquiredException.class)
				.isThrownBy(() -> service.skips("a", Mono.error(other)).block(PATIENCE))
				.isSameAs(other);
		});
	}

	@Test
	void aBadKeyIsAnErrorOfThePublisher() {
		run((service) -> {
			Mono<String> mono = service.once(null);
			assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> mono.block(PATIENCE));
		});
	}

	@Test
	void entersAgainWhatASubscriptionAroundHolds() {
		run((service) -> {
			Mono<String> inner = service.one("a", Mono.just("inner"));
			assertThat(service.one("a", inner).block(PATIENCE)).isEqualTo("inner");
			assertThat(service.many("a", inner.flux().concatWith(inner)).collectList().block(PATIENCE))
				.isEqualTo(List.of("inner", "inner"));
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void entersAgainWhatAMethodAroundHolds() {
		run((service) -> {
			assertThat(service.around("a", service.one("a", Mono.just("inner")))).isEqualTo("inner");
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void anotherSubscriptionWaits() {
		run((service) -> {
			Sinks.One<String> work = Sinks.one();
			AtomicBoolean second = new AtomicBoolean();
			service.one("a", work.asMono()).subscribe();
			entered(service, "a");
			service.one("a", Mono.fromRunnable(() -> second.set(true))).subscribe();
			assertThat(second).isFalse();
			work.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
			Awaitility.await().untilTrue(second);
		});
	}

	@Test
	void knowsItsLocksInTheReactorContext() {
		run((service) -> {
			Mono<String> names = ReactiveLockContext.current().map((context) -> String.join(",", context.names()));
			assertThat(service.one("a", names).block(PATIENCE)).isEqualTo("work:a");
			assertThat(names.blockOptional(PATIENCE)).isEmpty();
			assertThat(service.token("a", 0).block(PATIENCE)).isPositive();
		});
	}

	@Test
	void runsOnThreadsThatMustNotBeBlocked() {
		run((service) -> assertThat(
				service.one("a", Mono.fromSupplier(() -> String.valueOf(Schedulers.isInNonBlockingThread())))
					.block(PATIENCE))
			.isEqualTo("true"));
	}

	@Test
	void blockingMethodsAreRefusedOnThreadsThatMustNotBeBlocked() {
		run((service) -> {
			assertThatIllegalStateException()
				.isThrownBy(() -> Mono.fromSupplier(() -> service.around("a", Mono.just("b")))
					.subscribeOn(Schedulers.parallel())
					.block(PATIENCE))
				.withMessageStartingWith(Service.class.getName() + ".around(String, Mono) would wait for its lock on "
						+ "thread 'parallel-")
				.withMessageContaining("return a Mono or a Flux");
			assertThat(Mono.fromSupplier(() -> service.around("a", Mono.just("b")))
				.subscribeOn(Schedulers.boundedElastic())
				.block(PATIENCE)).isEqualTo("b");
		});
	}

	private static void entered(Service service, String key) {
		Awaitility.await().until(() -> service.entered().contains(key));
	}

	@SuppressWarnings("unused") // Fallback methods are called by name
	static class Service {

		private final Queue<String> entered = new ConcurrentLinkedQueue<>();

		public Queue<String> entered() {
			return this.entered;
		}

		@DistributedLock(name = "work", key = "#key")
		public Mono<String> one(String key, @Nullable Mono<String> work) {
			this.entered.add(key);
			return work.hide();
		}

		@DistributedLock(name = "work", key = "#key")
		public Flux<String> many(String key, Flux<String> work) {
			this.entered.add(key);
			return work;
		}

		@DistributedLock(name = "brief", key = "#key", maxHoldTime = "50ms")
		public Mono<String> brief(String key, Mono<String> work) {
			return work;
		}

		@DistributedLock(name = "brief", key = "#key", maxHoldTime = "50ms")
		public Flux<String> briefly(String key, Flux<String> work) {
			return work;
		}

		@DistributedLock(name = "brief", key = "#key", maxHoldTime = "50ms", onLost = OnLost.IGNORE)
		public Mono<String> briefAllTheSame(String key, Mono<String> work) {
			return work;
		}

		@DistributedLock(name = "brief", key = "#key", maxHoldTime = "50ms", onLost = OnLost.INTERRUPT)
		public Mono<String> interrupted(String key, Mono<String> work) {
			return work;
		}

		@DistributedLock(name = "work", key = "#key")
		public String around(String key, Mono<String> inner) {
			return inner.block(PATIENCE);
		}

		@DistributedLock(name = "work", key = "#key", onBusy = OnBusy.SKIP)
		public Mono<String> skips(String key, Mono<String> work) {
			return work;
		}

		@DistributedLock(name = "work", key = "#key")
		public Mono<Long> token(String key, @FencingToken long token) {
			return Mono.just(token);
		}

		@DistributedLock(name = "once", key = "#key", waitTime = "0")
		public Mono<String> once(@Nullable String key) {
			this.entered.add(String.valueOf(key));
			return Mono.justOrEmpty(key);
		}

		@DistributedLock(name = "once", key = "#key", waitTime = "0", onBusy = OnBusy.SKIP)
		public Mono<String> skipped(String key) {
			this.entered.add(key);
			return Mono.just(key);
		}

		@DistributedLock(name = "once", key = "#key", waitTime = "0", onBusy = OnBusy.SKIP)
		public Flux<String> skippedMany(String key) {
			this.entered.add(key);
			return Flux.just(key);
		}

		@DistributedLock(name = "once", key = "#key", waitTime = "0", fallbackMethod = "fallback")
		public Mono<String> fallen(String key) {
			return Mono.just(key);
		}

		private Mono<String> fallback(String key, LockNotAcquiredException busy) {
			return Mono.just("fallback for " + key + ": " + busy.getMessage());
		}

	}

}
