package io.coordination.resilience;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendTraits;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which first requests are repeated, and how they end.
 */
class GuardedRequestTests {

	private static final Attempt BUSY = new Attempt.Busy(7, null, null);

	private final BackendException notSent = new BackendException("connection refused", false, null);

	private final BackendException noAnswer = new BackendException("no answer", true, null);

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final CircuitBreaker breaker = CircuitBreaker.ofDefaults("test");

	private final Deque<CompletionStage<Attempt>> script = new ArrayDeque<>();

	private final List<CompletionStage<Attempt>> asked = new ArrayList<>();

	GuardedRequestTests() {
		this.scheduler.setRemoveOnCancelPolicy(true);
	}

	@AfterEach
	void stop() {
		this.scheduler.shutdownNow();
	}

	@Test
	void asksAgainWhatSurelyHadNoEffect() throws Exception {
		this.script.add(CompletableFuture.failedFuture(this.notSent));
		this.script.add(CompletableFuture.failedFuture(this.notSent));
		this.script.add(CompletableFuture.completedFuture(BUSY));
		assertThat(answer(request(retry(3, 1)))).isSameAs(BUSY);
		assertThat(this.asked).hasSize(3);
		assertThat(this.breaker.getMetrics().getNumberOfFailedCalls()).isEqualTo(2);
		assertThat(this.breaker.getMetrics().getNumberOfSuccessfulCalls()).isEqualTo(1);
	}

	@Test
	void neverAsksAgainWhatMayHaveBeenApplied() throws Exception {
		this.script.add(CompletableFuture.failedFuture(this.noAnswer));
		this.script.add(CompletableFuture.completedFuture(BUSY));
		assertThat(failure(request(retry(3, 1)))).isSameAs(this.noAnswer);
		assertThat(this.asked).hasSize(1);
		assertThat(this.breaker.getMetrics().getNumberOfFailedCalls()).isEqualTo(1);
	}

	@Test
	void neverAsksAgainAfterTheSecondAttemptMayHaveBeenApplied() throws Exception {
		this.script.add(CompletableFuture.failedFuture(this.notSent));
		this.script.add(CompletableFuture.failedFuture(this.noAnswer));
		this.script.add(CompletableFuture.completedFuture(BUSY));
		assertThat(failure(request(retry(3, 1)))).isSameAs(this.noAnswer);
		assertThat(this.asked).hasSize(2);
	}

	@Test
	void takesAnUnknownFailureForOneThatMayHaveBeenApplied() throws Exception {
		this.script.add(CompletableFuture.failedFuture(new IllegalStateException("who knows")));
		this.script.add(CompletableFuture.completedFuture(BUSY));
		assertThat(failure(request(retry(3, 1)))).returns(true, BackendException::mayHaveApplied)
			.hasMessageContaining("who knows");
		assertThat(this.asked).hasSize(1);
	}

	@Test
	void countsBusyAsSuccessWhateverTheApplicationMadeOfResults() throws Exception {
		CircuitBreaker strict = CircuitBreaker.of("strict",
				CircuitBreakerConfig.custom().recordResult((result) -> true).build());
		Retry eager = Retry.of("eager",
				RetryConfig.<Attempt>custom().retryOnResult((result) -> true).maxAttempts(3).build());
		this.script.add(CompletableFuture.completedFuture(BUSY));
		GuardedRequest request = new GuardedRequest(this::ask, traits(Duration.ofSeconds(10)), strict, eager,
				this.scheduler);
		assertThat(answer(request)).isSameAs(BUSY);
		assertThat(strict.getMetrics().getNumberOfFailedCalls()).isZero();
		assertThat(this.asked).hasSize(1);
	}

	@Test
	void asksAgainOnlyWithinTheTimeOfARequest() throws Exception {
		this.script.add(CompletableFuture.failedFuture(this.notSent));
		this.script.add(CompletableFuture.completedFuture(BUSY));
		assertThat(failure(request(retry(3, 60_000)))).isSameAs(this.notSent);
		assertThat(this.asked).hasSize(1);
	}

	@Test
	void endsWithTheTimeOfARequestThoughTheRepetitionIsStillUnderWay() throws Exception {
		this.script.add(CompletableFuture.failedFuture(this.notSent));
		this.script.add(new CompletableFuture<>());
		GuardedRequest request = new GuardedRequest(this::ask, traits(Duration.ofMillis(100)), this.breaker,
				retry(3, 1), this.scheduler);
		assertThat(failure(request)).returns(true, BackendException::mayHaveApplied)
			.hasMessage("The lock backend 'test' did not answer within 100ms, though it was asked again");
		assertThat(this.breaker.getMetrics().getNumberOfFailedCalls()).isEqualTo(2);
		this.asked.get(1).toCompletableFuture().complete(BUSY);
		assertThat(this.breaker.getMetrics().getNumberOfBufferedCalls()).isEqualTo(2);
	}

	@Test
	void isNotSentWithAnOpenCircuit() throws Exception {
		this.breaker.transitionToOpenState();
		assertThat(failure(request(Retry.ofDefaults("patient")))).returns(false, BackendException::mayHaveApplied)
			.hasMessage("Circuit breaker 'test' is open, as too many requests failed lately: "
					+ "the store is not asked for now");
		assertThat(this.asked).isEmpty();
	}

	@Test
	void aWaitingRepetitionFailsAtOnceWhenItIsCancelled() throws Exception {
		this.script.add(CompletableFuture.failedFuture(this.notSent));
		GuardedRequest request = request(retry(3, 9_000));
		CompletableFuture<Attempt> answer = request.start().toCompletableFuture();
		assertThat(answer).isNotDone();
		request.cancel();
		assertThat(answer).isCompletedExceptionally();
		assertThat(failure(answer)).returns(false, BackendException::mayHaveApplied)
			.hasMessage("The lock backend 'test' was closed before it was asked again");
	}

	@Test
	void whatIsUnderWayMayHaveBeenAppliedWhenItIsCancelled() throws Exception {
		CircuitBreaker one = CircuitBreaker.of("one",
				CircuitBreakerConfig.custom().permittedNumberOfCallsInHalfOpenState(1).build());
		one.transitionToOpenState();
		one.transitionToHalfOpenState();
		this.script.add(new CompletableFuture<>());
		GuardedRequest request = new GuardedRequest(this::ask, traits(Duration.ofSeconds(10)), one, retry(3, 1),
				this.scheduler);
		CompletableFuture<Attempt> answer = request.start().toCompletableFuture();
		assertThat(one.tryAcquirePermission()).isFalse();
		request.cancel();
		assertThat(failure(answer)).returns(true, BackendException::mayHaveApplied)
			.hasMessage("The lock backend 'test' was closed before it answered");
		// The breaker outlives the backend, and must not wait for this call for ever
		assertThat(one.tryAcquirePermission()).isTrue();
	}

	@Test
	void isNotSentWhenItWasCancelledBefore() throws Exception {
		GuardedRequest request = request(retry(3, 1));
		request.cancel();
		assertThat(failure(request)).returns(false, BackendException::mayHaveApplied);
		assertThat(this.asked).isEmpty();
	}

	@Test
	void endsWhenAFunctionOfTheApplicationFails() throws Exception {
		Retry broken = Retry.of("broken", RetryConfig.custom().retryOnException((ex) -> {
			throw new IllegalStateException("a bug");
		}).build());
		this.script.add(CompletableFuture.failedFuture(this.notSent));
		assertThat(failure(request(broken))).hasMessageContaining("a bug");
	}

	@Test
	void leavesNoTimerBehind() throws Exception {
		this.script.add(CompletableFuture.failedFuture(this.notSent));
		this.script.add(CompletableFuture.completedFuture(BUSY));
		answer(request(retry(3, 1)));
		Awaitility.await().untilAsserted(() -> assertThat(this.scheduler.getQueue()).isEmpty());
	}

	private CompletionStage<Attempt> ask() {
		CompletionStage<Attempt> next = this.script.remove();
		this.asked.add(next);
		return next;
	}

	private GuardedRequest request(Retry retry) {
		return new GuardedRequest(this::ask, traits(Duration.ofSeconds(10)), this.breaker, retry, this.scheduler);
	}

	private static Retry retry(int attempts, long waitMillis) {
		return Retry.of("test",
				RetryConfig.custom().maxAttempts(attempts).waitDuration(Duration.ofMillis(waitMillis)).build());
	}

	private static BackendTraits traits(Duration requestTimeout) {
		return new BackendTraits("test", BackendTraits.Expiry.LEASE, BackendTraits.Fencing.LOCAL,
				BackendTraits.Fairness.FIFO, true, Duration.ofMillis(1), requestTimeout, Duration.ofSeconds(1));
	}

	private static Attempt answer(GuardedRequest request) throws Exception {
		return request.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
	}

	private static BackendException failure(GuardedRequest request) throws Exception {
		return failure(request.start().toCompletableFuture());
	}

	private static BackendException failure(CompletableFuture<Attempt> answer) throws Exception {
		try {
			throw new AssertionError("Unexpected answer: " + answer.get(10, TimeUnit.SECONDS));
		}
		catch (ExecutionException ex) {
			return (BackendException) ex.getCause();
		}
	}

}
