package io.coordination.resilience;

import java.time.Duration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

import io.coordination.backend.LockBackendDecorator;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;

/**
 * Auto-configuration of the circuit breaker and the retry of the lock backend, both named
 * {@code coordination-} and the backend's id, and taken from the application's registries
 * where it has them.
 */
@AutoConfiguration(
		afterName = { "io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration",
				"io.github.resilience4j.springboot.retry.autoconfigure.RetryAutoConfiguration" },
		beforeName = "io.coordination.autoconfigure.CoordinationAutoConfiguration")
@ConditionalOnClass({ CircuitBreakerRegistry.class, RetryRegistry.class })
@ConditionalOnBooleanProperty(name = "coordination.resilience.enabled", matchIfMissing = true)
public final class ResilienceAutoConfiguration {

	private static final CircuitBreakerConfig BREAKER = CircuitBreakerConfig.custom()
		.minimumNumberOfCalls(10)
		.waitDurationInOpenState(Duration.ofSeconds(2))
		.permittedNumberOfCallsInHalfOpenState(3)
		.build();

	private static final RetryConfig RETRY = RetryConfig.custom()
		.maxAttempts(3)
		.intervalFunction(IntervalFunction.ofExponentialRandomBackoff(50, 2))
		.build();

	// By name: a decorator of another purpose does not replace this one.
	@Bean
	@ConditionalOnMissingBean(name = "coordinationLockBackendDecorator")
	LockBackendDecorator coordinationLockBackendDecorator(ObjectProvider<CircuitBreakerRegistry> breakers,
			ObjectProvider<RetryRegistry> retries) {
		CircuitBreakerRegistry ownBreakers = breakers.getIfUnique();
		RetryRegistry ownRetries = retries.getIfUnique();
		return (factory) -> {
			String name = "coordination-" + factory.id();
			return new ResilientLockBackendFactory(factory,
					(ownBreakers != null) ? ownBreakers.circuitBreaker(name)
							: CircuitBreakerRegistry.of(BREAKER).circuitBreaker(name),
					(ownRetries != null) ? ownRetries.retry(name) : RetryRegistry.of(RETRY).retry(name));
		};
	}

}
