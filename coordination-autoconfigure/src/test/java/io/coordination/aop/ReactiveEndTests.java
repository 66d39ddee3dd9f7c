package io.coordination.aop;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.util.context.ContextView;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * How subscriptions end, each by itself: as they would without a lock, and nothing is
 * held after them.
 */
class ReactiveEndTests extends LockedFixture<ReactiveEndTests.Service> {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	ReactiveEndTests() {
		super(Service.class);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aMonoThatHasGivenItsValueIsLeftToComplete(boolean interrupted) {
		run((service) -> {
			Queue<String> seen = new ConcurrentLinkedQueue<>();
			Queue<SignalType> signals = new ConcurrentLinkedQueue<>();
			Mono<String> work = Mono
				.fromDirect(Flux.concat(Mono.just("done"), Mono.<String>fromRunnable(() -> seen.addAll(held()))))
				.doFinally(signals::add);
			assertThat((interrupted ? service.interrupted(work) : service.one(work)).block(PATIENCE)).isEqualTo("done");
			assertThat(seen).containsExactly("work");
			Awaitility.await().untilAsserted(() -> assertThat(signals).containsExactly(SignalType.ON_COMPLETE));
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void aMonoThatTurnsOutEmptyOrFailsSoEnds() {
		run((service) -> {
			Queue<SignalType> signals = new ConcurrentLinkedQueue<>();
			assertThat(service.one(Mono.<String>empty().doFinally(signals::add)).blockOptional(PATIENCE)).isEmpty();
			assertThat(service.one(Mono.<String>error(new IllegalStateException()).doFinally(signals::add))
				.onErrorReturn("failed")
				.block(PATIENCE)).isEqualTo("failed");
			Awaitility.await()
				.untilAsserted(() -> assertThat(signals).containsExactly(SignalType.ON_COMPLETE, SignalType.ON_ERROR));
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void aLossComesWithTheFailureOfTheWork() {
		run((service) -> {
			IllegalStateException failure = new IllegalStateException("of the method");
			Mono<String> work = Mono.delay(Duration.ofMillis(200)).then(Mono.error(failure));
			assertThat(service.brief(work).materialize().block(PATIENCE))
				.satisfies((signal) -> assertThat(signal.getThrowable()).isSameAs(failure));
			assertThat(failure.getSuppressed()).hasAtLeastOneElementOfType(LockLostException.class);
		});
	}

	@Test
	void whoAsksForNoMoreKeepsTheLock() {
		run((service) -> {
			Queue<String> received = new ConcurrentLinkedQueue<>();
			Queue<Long> demand = new ConcurrentLinkedQueue<>();
			BaseSubscriber<String> slow = new BaseSubscriber<>() {

				@Override
				protected void hookOnSubscribe(Subscription subscription) {
					subscription.request(2);
				}

				@Override
				protected void hookOnNext(String value) {
					received.add(value);
				}

			};
			service.many(Flux.range(1, 9).map(String::valueOf).doOnRequest(demand::add)).subscribe(slow);
			Awaitility.await().until(() -> received.size() == 2);
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(service::impatient);
			assertThat(received).containsExactly("1", "2");
			assertThat(demand).containsExactly(2L);
			slow.request(100);
			Awaitility.await().until(() -> held().isEmpty());
			assertThat(received).hasSize(9);
		});
	}

	@Test
	void eachAttemptOfARetryHasALockOfItsOwn() {
		run((service) -> {
			Queue<Long> tokens = new ConcurrentLinkedQueue<>();
			Mono<String> work = ReactiveLockContext.current().flatMap((context) -> {
				tokens.add(context.fencingToken());
				return (tokens.size() < 3) ? Mono.error(new IllegalStateException()) : Mono.just("done");
			});
			assertThat(service.one(work).retry(5).block(PATIENCE)).isEqualTo("done");
			assertThat(List.copyOf(tokens)).hasSize(3).doesNotHaveDuplicates().isSorted();
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void aTimeoutOfTheSubscriberEndsTheWaitOrTheWork() {
		run((service) -> {
			Duration brief = Duration.ofMillis(50);
			Queue<SignalType> signals = new ConcurrentLinkedQueue<>();
			assertThat(service.one(Mono.<String>never().doFinally(signals::add)).timeout(brief).materialize().block())
				.satisfies((signal) -> assertThat(signal.getThrowable()).isInstanceOf(TimeoutException.class));
			Awaitility.await().until(() -> held().isEmpty());
			assertThat(signals).containsExactly(SignalType.CANCEL);
			try (LockHandle other = registry().acquire("work")) {
				assertThat(service.one(Mono.just("late").doOnSubscribe((s) -> signals.add(SignalType.SUBSCRIBE)))
					.timeout(brief, Mono.just("instead"))
					.block(PATIENCE)).isEqualTo("instead");
				assertThat(other.fencingToken()).isPositive();
			}
			assertThat(service.one(Mono.just("next")).block(PATIENCE)).isEqualTo("next");
			assertThat(signals).containsExactly(SignalType.CANCEL);
		});
	}

	@Test
	void entersAgainWhatAStageAroundHolds() {
		run((service) -> {
			CompletableFuture<String> around = service
				.around(() -> service.one(Mono.fromSupplier(() -> held().toString())).block(PATIENCE));
			assertThat(around).succeedsWithin(PATIENCE).isEqualTo("[work]");
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void whatOutlivesASubscriptionAcquiresForItself() {
		run((service) -> {
			CompletableFuture<ContextView> left = new CompletableFuture<>();
			service.one(Mono.deferContextual((view) -> {
				left.complete(view);
				return Mono.just("over");
			})).block(PATIENCE);
			ContextView over = left.join();
			Mono<List<String>> names = Mono.fromSupplier(this::held);
			assertThat(service.any(names).contextWrite(over).block(PATIENCE)).containsExactly("work");
			LockContext context = over.get(LockContext.class);
			context.open();
			try {
				assertThat(service.impatient()).containsExactly("work");
				try (LockHandle other = registry().acquire("work")) {
					assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(service::impatient);
					assertThat(other.fencingToken()).isPositive();
				}
			}
			finally {
				LockContext.close(null);
			}
			assertThat(held()).isEmpty();
		});
	}

	static class Service {

		private final LockRegistry registry;

		Service(LockRegistry registry) {
			this.registry = registry;
		}

		@DistributedLock("work")
		public Mono<String> one(Mono<String> work) {
			return work;
		}

		@DistributedLock("work")
		public CompletableFuture<String> around(Supplier<String> inner) {
			return CompletableFuture.completedFuture(inner.get());
		}

		@DistributedLock(name = "brief", maxHoldTime = "50ms")
		public Mono<String> brief(Mono<String> work) {
			return work;
		}

		@DistributedLock("work")
		public <T> Mono<T> any(Mono<T> work) {
			return work;
		}

		@DistributedLock("work")
		public Flux<String> many(Flux<String> work) {
			return work;
		}

		@DistributedLock(name = "work", onLost = OnLost.INTERRUPT)
		public Mono<String> interrupted(Mono<String> work) {
			return work;
		}

		@DistributedLock(name = "work", waitTime = "0")
		public List<String> impatient() {
			return this.registry.held().stream().map(HeldLock::name).toList();
		}

	}

}
