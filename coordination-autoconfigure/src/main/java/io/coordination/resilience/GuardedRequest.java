package io.coordination.resilience;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendTraits;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.retry.Retry;

/**
 * An owner's first request to the store: each attempt is one call of the circuit breaker,
 * and is repeated as the retry says.
 * <p>
 * <b>Invariant: at most one attempt may have been applied.</b> The engine counts what it
 * has to take back from the one request it knows of. So an attempt is repeated only if it
 * surely had no effect and never will, and only within the time that one request has. One
 * that nobody can be sure of ends the request at once.
 * <p>
 * <b>Invariant: one outcome.</b> Answers, the end of the time and cancelling meet in one
 * compare-and-set of the phase. Who moves it on from ASKING gives the breaker its
 * permission back, who moves it to DONE completes the answer.
 */
final class GuardedRequest {

	private final Supplier<CompletionStage<Attempt>> request;

	private final BackendTraits traits;

	private final CircuitBreaker breaker;

	private final Retry.AsyncContext<Attempt> retry;

	private final ScheduledExecutorService scheduler;

	private final long startedAt = System.nanoTime();

	private final CompletableFuture<Attempt> answer = new CompletableFuture<>();

	private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITING);

	/** When the present attempt began, in the unit of the breaker. */
	private volatile long askedAt;

	private volatile @Nullable Future<?> end;

	GuardedRequest(Supplier<CompletionStage<Attempt>> request, BackendTraits traits, CircuitBreaker breaker,
			Retry retry, ScheduledExecutorService scheduler) {
		this.request = request;
		this.traits = traits;
		this.breaker = breaker;
		this.retry = retry.asyncContext();
		this.scheduler = scheduler;
	}

	/**
	 * Sends the first attempt, unless it was cancelled before.
	 */
	CompletionStage<Attempt> start() {
		ask();
		return this.answer;
	}

	/**
	 * Fails at once. The breaker takes no notice.
	 */
	void cancel() {
		Phase before = this.phase.getAndSet(Phase.DONE);
		if (before == Phase.ASKING) {
			this.breaker.releasePermission();
		}
		if (before != Phase.DONE) {
			complete(null,
					new BackendException(
							"The lock backend '" + this.traits.id() + "' was closed before it "
									+ ((before == Phase.ASKING) ? "answered" : "was asked again"),
							before == Phase.ASKING, null));
		}
	}

	private void ask() {
		try {
			this.breaker.acquirePermission();
		}
		catch (CallNotPermittedException ex) {
			finish(Phase.WAITING,
					new BackendException(
							"Circuit breaker '" + this.breaker.getName()
									+ "' is open, as too many requests failed lately: the store is not asked for now",
							false, ex));
			return;
		}
		this.askedAt = this.breaker.getCurrentTimestamp();
		if (!this.phase.compareAndSet(Phase.WAITING, Phase.ASKING)) {
			this.breaker.releasePermission();
			return;
		}
		CompletionStage<Attempt> stage;
		try {
			stage = this.request.get();
		}
		catch (RuntimeException ex) {
			stage = CompletableFuture.failedFuture(ex);
		}
		stage.whenComplete((attempt, ex) -> {
			try {
				answered(attempt, ex);
			}
			catch (RuntimeException failure) {
				// The retry may have been given functions and listeners by the
				// application
				this.phase.set(Phase.DONE);
				complete(null, backendException(failure));
			}
		});
	}

	private void answered(@Nullable Attempt attempt, @Nullable Throwable thrown) {
		if (thrown == null) {
			if (this.phase.compareAndSet(Phase.ASKING, Phase.DONE)) {
				// Not 'onResult': Busy is a success whatever the application made of
				// results
				this.breaker.onSuccess(elapsed(), this.breaker.getTimestampUnit());
				this.retry.onComplete();
				complete(attempt, null);
			}
			return;
		}
		BackendException ex = backendException(thrown);
		boolean last = ex.mayHaveApplied();
		if (this.phase.compareAndSet(Phase.ASKING, last ? Phase.DONE : Phase.WAITING)) {
			this.breaker.onError(elapsed(), this.breaker.getTimestampUnit(), ex);
			if (last) {
				complete(null, ex);
			}
			else {
				askAgain(ex);
			}
		}
	}

	private void askAgain(BackendException ex) {
		long delay = TimeUnit.MILLISECONDS.toNanos(this.retry.onError(ex));
		long left = requestTime().toNanos() - (System.nanoTime() - this.startedAt);
		if (delay < 0 || delay >= left) {
			finish(Phase.WAITING, ex);
			return;
		}
		if (this.end == null) {
			this.end = this.scheduler.schedule(this::timeIsOver, left, TimeUnit.NANOSECONDS);
		}
		Future<?> unused = this.scheduler.schedule(this::ask, delay, TimeUnit.NANOSECONDS);
	}

	private void timeIsOver() {
		Phase before = this.phase.getAndSet(Phase.DONE);
		BackendException ex = new BackendException("The lock backend '" + this.traits.id() + "' did not answer within "
				+ requestTime().toMillis() + "ms, though it was asked again", before == Phase.ASKING, null);
		if (before == Phase.ASKING) {
			this.breaker.onError(elapsed(), this.breaker.getTimestampUnit(), ex);
		}
		if (before != Phase.DONE) {
			complete(null, ex);
		}
	}

	private void finish(Phase from, BackendException ex) {
		if (this.phase.compareAndSet(from, Phase.DONE)) {
			complete(null, ex);
		}
	}

	private void complete(@Nullable Attempt attempt, @Nullable BackendException ex) {
		Future<?> timer = this.end;
		if (timer != null) {
			timer.cancel(false);
		}
		if (ex != null) {
			this.answer.completeExceptionally(ex);
		}
		else {
			this.answer.complete(attempt);
		}
	}

	private Duration requestTime() {
		return this.traits.requestTimeout();
	}

	private long elapsed() {
		return this.breaker.getCurrentTimestamp() - this.askedAt;
	}

	private static BackendException backendException(Throwable thrown) {
		Throwable ex = (thrown instanceof CompletionException && thrown.getCause() != null) ? thrown.getCause()
				: thrown;
		return (ex instanceof BackendException known) ? known : new BackendException(String.valueOf(ex), true, ex);
	}

	private enum Phase {

		/** Nothing is under way: not asked yet, or surely without effect. */
		WAITING,

		/** An attempt is under way. */
		ASKING,

		/** The answer is known. */
		DONE

	}

}
