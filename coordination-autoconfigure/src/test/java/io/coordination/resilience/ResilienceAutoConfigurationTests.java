package io.coordination.resilience;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.backend.LockBackendDecorator;
import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.memory.MemoryLockAutoConfiguration;
import io.coordination.redis.RedisLockAutoConfiguration;
import io.coordination.redis.RedisServer;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * The circuit breaker and the retry as an application gets them, in front of a Redis that
 * is there, and of one that is not.
 */
class ResilienceAutoConfigurationTests {

	private static final String OPEN = "Circuit breaker 'coordination-redis' is open";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class, ResilienceAutoConfiguration.class,
				CoordinationAutoConfiguration.class, RedisLockAutoConfiguration.class,
				MemoryLockAutoConfiguration.class))
		.withPropertyValues("spring.application.name=resilience");

	private final ApplicationContextRunner present = this.runner
		.withPropertyValues("spring.data.redis.url=" + RedisServer.shared().url());

	private final ApplicationContextRunner absent = this.runner.withPropertyValues("spring.data.redis.host=127.0.0.1",
			"spring.data.redis.port=1");

	@Test
	void asksAnAbsentStoreThreeTimesAndNoMoreAfterTenFailures() {
		this.absent.run((context) -> {
			for (int i = 0; i < 3; i++) {
				assertThat(failure(context)).hasMessageContaining("Redis cannot be reached")
					.hasMessageNotContaining("Circuit breaker");
			}
			assertThat(failure(context)).hasMessageContaining(OPEN);
		});
	}

	@Test
	void isLeftOutIfTheApplicationSaysSo() {
		this.absent.withPropertyValues("coordination.resilience.enabled=false").run((context) -> {
			assertThat(context).doesNotHaveBean(LockBackendDecorator.class);
			for (int i = 0; i < 12; i++) {
				assertThat(failure(context)).hasMessageContaining("Redis cannot be reached");
			}
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "io.github.resilience4j", "io.github.resilience4j.retry",
			"io.github.resilience4j.circuitbreaker" })
	void isLeftOutWithoutResilience4j(String missing) {
		this.present.withClassLoader(new FilteredClassLoader(missing)).run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(LockBackendDecorator.class);
			locks(context);
		});
	}

	@Test
	void usesTheBreakerAndTheRetryOfTheApplication() {
		this.absent.withUserConfiguration(OwnRegistries.class).run((context) -> {
			CircuitBreaker breaker = breaker(context);
			failure(context);
			assertThat(breaker.getMetrics().getNumberOfFailedCalls()).as("attempts, as the application configured them")
				.isEqualTo(5);
			assertThat(context.getBean(RetryRegistry.class).retry("coordination-redis").getMetrics())
				.satisfies((metrics) -> assertThat(metrics.getNumberOfFailedCallsWithRetryAttempt()).isOne());
			breaker.transitionToForcedOpenState();
			assertThat(failure(context)).hasMessageContaining(OPEN);
		});
	}

	@Test
	void countsWhatSucceedsAndLeavesWhatIsHeldAlone() {
		this.present.withUserConfiguration(OwnRegistries.class).run((context) -> {
			CircuitBreaker breaker = breaker(context);
			LockHandle held = context.getBean(LockRegistry.class).acquire("resilience:held");
			assertThat(breaker.getMetrics().getNumberOfSuccessfulCalls()).isOne();
			breaker.transitionToForcedOpenState();
			assertThat(failure(context)).hasMessageContaining(OPEN);
			assertThat(held.release()).isTrue();
			breaker.transitionToClosedState();
			locks(context);
		});
	}

	@Test
	void namesTheBreakerByTheBackend() {
		this.runner.withPropertyValues("coordination.backend=memory")
			.withUserConfiguration(OwnRegistries.class)
			.run((context) -> {
				locks(context);
				assertThat(context.getBean(CircuitBreakerRegistry.class).getAllCircuitBreakers())
					.extracting(CircuitBreaker::getName)
					.containsExactly("coordination-memory");
			});
	}

	@Test
	void takesNoneOfSeveralRegistriesOfTheApplication() {
		this.present.withUserConfiguration(OwnRegistries.class, SecondRegistry.class).run((context) -> {
			locks(context);
			assertThat(context.getBeansOfType(CircuitBreakerRegistry.class).values())
				.allSatisfy((registry) -> assertThat(registry.getAllCircuitBreakers()).isEmpty());
		});
	}

	@Test
	void isReplacedByABeanOfItsName() {
		this.absent.withUserConfiguration(OwnGuard.class).run((context) -> {
			assertThat(context).hasSingleBean(LockBackendDecorator.class);
			for (int i = 0; i < 12; i++) {
				assertThat(failure(context)).hasMessageNotContaining("Circuit breaker");
			}
			assertThat(context.getBean(AtomicInteger.class)).hasValue(1);
		});
	}

	@Test
	void staysBesideADecoratorOfTheApplication() {
		this.present.withUserConfiguration(OwnRegistries.class, OtherDecorator.class).run((context) -> {
			locks(context);
			assertThat(context.getBean(AtomicInteger.class)).hasValue(1);
			assertThat(breaker(context).getMetrics().getNumberOfSuccessfulCalls()).isOne();
		});
	}

	private static CircuitBreaker breaker(AssertableApplicationContext context) {
		return context.getBean(CircuitBreakerRegistry.class).find("coordination-redis").orElseThrow();
	}

	private static void locks(AssertableApplicationContext context) throws InterruptedException {
		try (LockHandle handle = context.getBean(LockRegistry.class).acquire("resilience:free")) {
			assertThat(handle.state()).isEqualTo(LockState.HELD);
		}
	}

	private static LockBackendException failure(AssertableApplicationContext context) {
		LockRegistry locks = context.getBean(LockRegistry.class);
		return catchThrowableOfType(LockBackendException.class,
				() -> locks.acquire(LockSpec.of("resilience:new").withoutWaiting()));
	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRegistries {

		@Bean
		CircuitBreakerRegistry circuitBreakerRegistry() {
			return CircuitBreakerRegistry.ofDefaults();
		}

		@Bean
		RetryRegistry retryRegistry() {
			return RetryRegistry.of(RetryConfig.custom().maxAttempts(5).waitDuration(Duration.ofMillis(1)).build());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SecondRegistry {

		@Bean
		CircuitBreakerRegistry otherBreakers() {
			return CircuitBreakerRegistry.ofDefaults();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnGuard {

		private final AtomicInteger applied = new AtomicInteger();

		@Bean
		AtomicInteger applied() {
			return this.applied;
		}

		@Bean
		LockBackendDecorator coordinationLockBackendDecorator() {
			return (factory) -> {
				this.applied.incrementAndGet();
				return factory;
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OtherDecorator {

		private final AtomicInteger applied = new AtomicInteger();

		@Bean
		AtomicInteger applied() {
			return this.applied;
		}

		@Bean
		LockBackendDecorator tracing() {
			return (factory) -> {
				this.applied.incrementAndGet();
				return factory;
			};
		}

	}

}
