package io.coordination.resilience;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.redis.RedisLockBackendFactory;
import io.coordination.redis.RedisLockSettings;
import io.coordination.redis.RedisServer;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The guard around a real Redis that comes and goes.
 */
class ResilientLockBackendTests implements BackendListener {

	private static final Duration LEASE = Duration.ofSeconds(30);

	private final RedisServer redis = RedisServer.start();

	private final LettuceConnectionFactory connections = this.redis.connectionFactory();

	private final CircuitBreaker breaker = CircuitBreaker.ofDefaults("test");

	private final LockBackend backend = new ResilientLockBackendFactory(
			new RedisLockBackendFactory(this.connections,
					new RedisLockSettings(Duration.ofSeconds(2), Duration.ofSeconds(2))),
			this.breaker,
			Retry.of("test", RetryConfig.custom().maxAttempts(3).waitDuration(Duration.ofMillis(20)).build()))
		.open(this);

	private int owners;

	@AfterEach
	void close() {
		this.backend.close();
		this.connections.destroy();
		this.redis.close();
	}

	@Test
	void whatIsHeldIsKeptAndReleasedWithAnOpenCircuit() throws Exception {
		LockRequest request = request("held");
		BackendLease lease = ((Attempt.Granted) now(this.backend.tryAcquire(request))).lease();
		this.breaker.transitionToOpenState();
		assertThat(now(this.backend.renew(List.of(lease), LEASE)).kept()).containsExactly(request.owner());
		assertThat(now(this.backend.release(lease, Duration.ZERO))).isTrue();
		assertThat(now(this.backend.withdraw(request))).isFalse();
	}

	@Test
	void aNewOwnerIsRefusedWithAnOpenCircuit() {
		this.breaker.transitionToOpenState();
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> now(this.backend.tryAcquire(request("new"))))
			.satisfies((ex) -> assertThat((BackendException) ex.getCause())
				.hasMessageStartingWith("Circuit breaker 'test' is open")
				.returns(false, BackendException::mayHaveApplied));
	}

	@Test
	void busyIsNoFailure() throws Exception {
		now(this.backend.tryAcquire(request("busy")));
		for (int i = 0; i < 20; i++) {
			assertThat(now(this.backend.tryAcquire(request("busy")))).isInstanceOf(Attempt.Busy.class);
		}
		assertThat(this.breaker.getMetrics().getNumberOfFailedCalls()).isZero();
		assertThat(this.breaker.getMetrics().getNumberOfSuccessfulCalls()).isEqualTo(21);
	}

	@Test
	void onlyTheFirstPollIsCounted() throws Exception {
		now(this.backend.tryAcquire(request("queue")));
		var place = this.backend.enqueue(request("queue"), (lease, duration) -> {
		});
		for (int i = 0; i < 5; i++) {
			assertThat(now(place.poll())).isInstanceOf(Attempt.Busy.class);
		}
		assertThat(this.breaker.getMetrics().getNumberOfSuccessfulCalls()).isEqualTo(2);
	}

	@Test
	void aRequestThatMayHaveBeenAppliedIsNotRepeated() throws Exception {
		now(this.backend.tryAcquire(request("warm")));
		this.redis.pause();
		CompletableFuture<Attempt> answer = this.backend.tryAcquire(request("unknown")).toCompletableFuture();
		Awaitility.await().until(() -> this.breaker.getMetrics().getNumberOfFailedCalls() == 1);
		this.redis.resume();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> now(answer))
			.satisfies((ex) -> assertThat((BackendException) ex.getCause()).returns(true,
					BackendException::mayHaveApplied));
	}

	@Test
	void aRequestThatFoundNoServerIsRepeated() throws Exception {
		this.redis.kill();
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> now(this.backend.tryAcquire(request("nobody"))))
			.satisfies((ex) -> assertThat((BackendException) ex.getCause()).returns(false,
					BackendException::mayHaveApplied));
		assertThat(this.breaker.getMetrics().getNumberOfFailedCalls()).isGreaterThan(1);
	}

	@Test
	void whatWaitsToBeRepeatedFailsWhenItIsClosed() throws Exception {
		LockBackend patient = new ResilientLockBackendFactory(
				new RedisLockBackendFactory(this.connections,
						new RedisLockSettings(Duration.ofMinutes(1), Duration.ofSeconds(2))),
				this.breaker, Retry.of("patient", RetryConfig.custom().waitDuration(Duration.ofSeconds(30)).build()))
			.open(this);
		this.redis.kill();
		CompletableFuture<Attempt> answer = patient.tryAcquire(request("late")).toCompletableFuture();
		Awaitility.await().until(() -> this.breaker.getMetrics().getNumberOfFailedCalls() == 1);
		patient.close();
		assertThat(answer).isCompletedExceptionally();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> now(answer))
			.withMessageContaining("The lock backend 'redis' was closed before it was asked again");
	}

	@Test
	void itsThreadEndsWithIt() throws Exception {
		now(this.backend.tryAcquire(request("thread")));
		this.backend.close();
		Awaitility.await()
			.until(() -> Thread.getAllStackTraces()
				.keySet()
				.stream()
				.noneMatch((thread) -> thread.getName().equals("coordination-retry")));
	}

	private LockRequest request(String name) {
		return LockRequest.exclusive(new LockKey("resilience", name), new OwnerId("host/1/test#" + ++this.owners),
				LEASE);
	}

	private static <T> T now(CompletionStage<T> stage) throws Exception {
		return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
	}

	@Override
	public void disconnected() {
	}

	@Override
	public void reconnected() {
	}

	@Override
	public void strayGrant(LockKey key, OwnerId owner) {
	}

}
