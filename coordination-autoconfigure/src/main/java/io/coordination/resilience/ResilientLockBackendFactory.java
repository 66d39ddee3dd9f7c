package io.coordination.resilience;

import java.util.Objects;

import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.retry.Retry;

/**
 * Guards the first request of each owner with a circuit breaker and a retry, and nothing
 * else: what is held or waited for already is renewed, polled, withdrawn and released
 * whatever the breaker says. Busy is an answer, not a failure. Safe for use by many
 * threads.
 */
public final class ResilientLockBackendFactory implements LockBackendFactory {

	private final LockBackendFactory factory;

	private final CircuitBreaker breaker;

	private final Retry retry;

	/**
	 * Makes a factory.
	 * @param factory opens the backends to guard
	 * @param breaker the circuit breaker
	 * @param retry the retry: how often and when to ask again what surely had no effect;
	 * each attempt is one call of the breaker
	 */
	public ResilientLockBackendFactory(LockBackendFactory factory, CircuitBreaker breaker, Retry retry) {
		this.factory = Objects.requireNonNull(factory, "'factory' must not be null");
		this.breaker = Objects.requireNonNull(breaker, "'breaker' must not be null");
		this.retry = Objects.requireNonNull(retry, "'retry' must not be null");
	}

	@Override
	public String id() {
		return this.factory.id();
	}

	@Override
	public LockBackend open(BackendListener listener) {
		return new ResilientLockBackend(this.factory.open(listener), this.breaker, this.retry);
	}

}
