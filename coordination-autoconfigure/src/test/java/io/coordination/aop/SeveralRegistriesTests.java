package io.coordination.aop;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Methods that return before they are done and have locks of two registries: both or
 * none, within one wait time.
 */
class SeveralRegistriesTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DistributedLockAutoConfiguration.class))
		.withUserConfiguration(Registries.class)
		.withBean(Service.class);

	/**
	 * What a method returns.
	 */
	enum Way {

		STAGE, MONO, FLUX;

		List<String> call(Service service, Supplier<List<String>> body) throws Throwable {
			try {
				return switch (this) {
					case STAGE -> service.stage(body).get(10, TimeUnit.SECONDS);
					case MONO -> Mono.defer(() -> service.mono(body)).toFuture().get(10, TimeUnit.SECONDS);
					case FLUX ->
						Flux.defer(() -> service.flux(body)).collectList().toFuture().get(10, TimeUnit.SECONDS);
				};
			}
			catch (ExecutionException ex) {
				throw ex.getCause();
			}
		}

		List<String> answer(Service service) throws Throwable {
			return switch (this) {
				case STAGE -> service.stageOrAnswer().get(10, TimeUnit.SECONDS);
				case MONO -> service.monoOrAnswer().toFuture().get(10, TimeUnit.SECONDS);
				case FLUX -> service.fluxOrAnswer().collectList().toFuture().get(10, TimeUnit.SECONDS);
			};
		}

	}

	@ParameterizedTest
	@EnumSource
	void bothAreHeldAndReleased(Way way) {
		run((first, second, service) -> {
			assertThat(way.call(service, () -> List.of(names(first) + " " + names(second)))).containsExactly("[a] [b]");
			assertThat(names(first) + " " + names(second)).isEqualTo("[] []");
		});
	}

	@ParameterizedTest
	@EnumSource
	void whereOneIsBusyTheOtherIsFreeBeforeTheAnswer(Way way) {
		run((first, second, service) -> {
			try (LockHandle other = second.acquire("b")) {
				assertThat(way.answer(service)).containsExactly("[]");
				assertThat(other.fencingToken()).isPositive();
			}
		});
	}

	@Test
	void oneWaitTimeIsForBoth() {
		run((first, second, service) -> {
			LockHandle one = first.acquire("a");
			try (LockHandle other = second.acquire("b")) {
				CompletableFuture.delayedExecutor(2, TimeUnit.SECONDS).execute(one::close);
				long start = System.nanoTime();
				assertThatExceptionOfType(LockNotAcquiredException.class)
					.isThrownBy(() -> Way.STAGE.call(service, () -> List.of("entered")));
				assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(4500));
				assertThat(other.fencingToken()).isPositive();
			}
			assertThat(names(first)).isEqualTo("[]");
		});
	}

	@ParameterizedTest
	@EnumSource
	void theLossOfEitherIsTold(Way way) {
		run((first, second, service) -> {
			// Each leaves its lease in the store
			for (ManagedLockRegistry lost : List.of(second, first)) {
				assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> way.call(service, () -> {
					lost.stop(Duration.ZERO);
					return List.of("done");
				}));
				lost.start();
			}
		});
	}

	private static String names(LockRegistry registry) {
		return registry.held().stream().map(HeldLock::name).toList().toString();
	}

	private void run(Visit visit) {
		this.runner.run((context) -> visit.run(context.getBean("first", ManagedLockRegistry.class),
				context.getBean("second", ManagedLockRegistry.class), context.getBean(Service.class)));
	}

	/**
	 * What to do with the service.
	 */
	interface Visit {

		void run(ManagedLockRegistry first, ManagedLockRegistry second, Service service) throws Throwable;

	}

	@SuppressWarnings("unused") // Fallback methods are called by name
	static class Service {

		private final LockRegistry first;

		Service(LockRegistry first) {
			this.first = first;
		}

		@DistributedLock(name = "a", registry = "first", waitTime = "3s")
		@DistributedLock(name = "b", registry = "second", waitTime = "3s")
		public CompletableFuture<List<String>> stage(Supplier<List<String>> body) {
			return CompletableFuture.supplyAsync(body);
		}

		@DistributedLock(name = "a", registry = "first", waitTime = "3s")
		@DistributedLock(name = "b", registry = "second", waitTime = "3s")
		public Mono<List<String>> mono(Supplier<List<String>> body) {
			return Mono.fromSupplier(body);
		}

		@DistributedLock(name = "a", registry = "first", waitTime = "3s")
		@DistributedLock(name = "b", registry = "second", waitTime = "3s")
		public Flux<String> flux(Supplier<List<String>> body) {
			return Flux.defer(() -> Flux.fromIterable(body.get()));
		}

		@DistributedLock(name = "a", registry = "first", waitTime = "50ms", fallbackMethod = "stageAnswer")
		@DistributedLock(name = "b", registry = "second", waitTime = "50ms", fallbackMethod = "stageAnswer")
		public CompletableFuture<List<String>> stageOrAnswer() {
			return CompletableFuture.completedFuture(List.of("entered"));
		}

		private CompletableFuture<List<String>> stageAnswer() {
			return CompletableFuture.completedFuture(List.of(names(this.first)));
		}

		@DistributedLock(name = "a", registry = "first", waitTime = "50ms", fallbackMethod = "monoAnswer")
		@DistributedLock(name = "b", registry = "second", waitTime = "50ms", fallbackMethod = "monoAnswer")
		public Mono<List<String>> monoOrAnswer() {
			return Mono.just(List.of("entered"));
		}

		private Mono<List<String>> monoAnswer() {
			return Mono.just(List.of(names(this.first)));
		}

		@DistributedLock(name = "a", registry = "first", waitTime = "50ms", fallbackMethod = "fluxAnswer")
		@DistributedLock(name = "b", registry = "second", waitTime = "50ms", fallbackMethod = "fluxAnswer")
		public Flux<String> fluxOrAnswer() {
			return Flux.just("entered");
		}

		private Flux<String> fluxAnswer() {
			return Flux.just(names(this.first));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Registries {

		@Bean(destroyMethod = "close")
		@Primary
		ManagedLockRegistry first() {
			return LockRegistryBuilder.of(new MemoryLockBackendFactory()).leaseTime(Duration.ofSeconds(2)).build();
		}

		@Bean(destroyMethod = "close")
		ManagedLockRegistry second() {
			return LockRegistryBuilder.of(new MemoryLockBackendFactory()).leaseTime(Duration.ofSeconds(2)).build();
		}

	}

}
