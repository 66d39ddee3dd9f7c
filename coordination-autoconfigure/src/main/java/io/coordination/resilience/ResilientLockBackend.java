package io.coordination.resilience;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendTraits;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockRequest;
import io.coordination.backend.Renewal;
import io.coordination.backend.Rotation;
import io.coordination.backend.Waiting;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.retry.Retry;

/**
 * A backend whose owners' first requests are guarded.
 * <p>
 * <b>Invariant.</b> A request is repeated only as it is, for the same owner; if any of
 * its attempts may have been applied, so may the whole, whatever the last attempt said.
 */
final class ResilientLockBackend implements LockBackend {

	private final LockBackend backend;

	private final CircuitBreaker breaker;

	private final Retry retry;

	private final ScheduledThreadPoolExecutor scheduler;

	ResilientLockBackend(LockBackend backend, CircuitBreaker breaker, Retry retry) {
		this.backend = backend;
		this.breaker = breaker;
		this.retry = retry;
		this.scheduler = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "coordination-retry");
			thread.setDaemon(true);
			return thread;
		});
	}

	@Override
	public BackendTraits traits() {
		return this.backend.traits();
	}

	@Override
	public CompletionStage<Attempt> tryAcquire(LockRequest request) {
		return guarded(() -> this.backend.tryAcquire(request));
	}

	@Override
	public Waiting enqueue(LockRequest request, GrantListener listener) {
		return new GuardedWaiting(this.backend.enqueue(request, listener));
	}

	@Override
	public CompletionStage<Rotation> rotate(BackendLease lease, Waiting next) {
		return this.backend.rotate(lease, ((GuardedWaiting) next).begun());
	}

	@Override
	public CompletionStage<Renewal> renew(Collection<? extends BackendLease> leases, Duration duration) {
		return this.backend.renew(leases, duration);
	}

	@Override
	public CompletionStage<Boolean> release(BackendLease lease, Duration keepFor) {
		return this.backend.release(lease, keepFor);
	}

	@Override
	public CompletionStage<Boolean> withdraw(LockRequest request) {
		return this.backend.withdraw(request);
	}

	@Override
	public CompletionStage<Collection<String>> check() {
		return this.backend.check();
	}

	@Override
	public void close() {
		this.scheduler.shutdownNow();
		this.backend.close();
	}

	private CompletionStage<Attempt> guarded(Supplier<CompletionStage<Attempt>> request) {
		AtomicBoolean mayHaveApplied = new AtomicBoolean();
		Supplier<CompletionStage<Attempt>> attempt = () -> request.get().whenComplete((answer, ex) -> {
			if (ex != null && (!(cause(ex) instanceof BackendException known) || known.mayHaveApplied())) {
				mayHaveApplied.set(true);
			}
		});
		return this.retry
			.executeCompletionStage(this.scheduler, CircuitBreaker.decorateCompletionStage(this.breaker, attempt))
			.exceptionally((ex) -> {
				throw translated(cause(ex), mayHaveApplied.get());
			});
	}

	private BackendException translated(Throwable ex, boolean mayHaveApplied) {
		if (ex instanceof BackendException known && known.mayHaveApplied() == mayHaveApplied) {
			return known;
		}
		String message = (ex instanceof CallNotPermittedException)
				? "Circuit breaker '" + this.breaker.getName()
						+ "' is open, as too many requests failed lately: the store is not asked for now"
				: String.valueOf(ex.getMessage());
		return new BackendException(message, mayHaveApplied, ex);
	}

	private static Throwable cause(Throwable thrown) {
		return (thrown instanceof CompletionException && thrown.getCause() != null) ? thrown.getCause() : thrown;
	}

	/**
	 * A place whose first poll is guarded.
	 */
	private final class GuardedWaiting implements Waiting {

		private final Waiting waiting;

		private final AtomicBoolean begun = new AtomicBoolean();

		GuardedWaiting(Waiting waiting) {
			this.waiting = waiting;
		}

		Waiting begun() {
			this.begun.set(true);
			return this.waiting;
		}

		@Override
		public LockRequest request() {
			return this.waiting.request();
		}

		@Override
		public CompletionStage<Attempt> poll() {
			return this.begun.compareAndSet(false, true) ? guarded(this.waiting::poll) : this.waiting.poll();
		}

		@Override
		public void close() {
			this.waiting.close();
		}

	}

}
