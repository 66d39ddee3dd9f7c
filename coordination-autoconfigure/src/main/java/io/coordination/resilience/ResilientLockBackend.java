package io.coordination.resilience;

import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendTraits;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockRequest;
import io.coordination.backend.Renewal;
import io.coordination.backend.Rotation;
import io.coordination.backend.Waiting;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.retry.Retry;

/**
 * A backend whose owners' first requests are {@linkplain GuardedRequest guarded}. All
 * others go straight to the store.
 */
final class ResilientLockBackend implements LockBackend {

	private final LockBackend backend;

	private final CircuitBreaker breaker;

	private final Retry retry;

	private final ScheduledThreadPoolExecutor scheduler;

	private final Set<GuardedRequest> underWay = ConcurrentHashMap.newKeySet();

	private volatile boolean closed;

	ResilientLockBackend(LockBackend backend, CircuitBreaker breaker, Retry retry) {
		this.backend = backend;
		this.breaker = breaker;
		this.retry = retry;
		this.scheduler = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "coordination-retry");
			thread.setDaemon(true);
			return thread;
		});
		this.scheduler.setRemoveOnCancelPolicy(true);
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
		this.closed = true;
		this.underWay.forEach(GuardedRequest::cancel);
		this.scheduler.shutdownNow();
		this.backend.close();
	}

	private CompletionStage<Attempt> guarded(Supplier<CompletionStage<Attempt>> request) {
		GuardedRequest guarded = new GuardedRequest(request, traits(), this.breaker, this.retry, this.scheduler);
		this.underWay.add(guarded);
		if (this.closed) {
			guarded.cancel();
		}
		return guarded.start().whenComplete((answer, ex) -> this.underWay.remove(guarded));
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
