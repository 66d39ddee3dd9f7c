package io.coordination.backend;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.coordination.memory.MemoryLockBackendFactory;
import io.coordination.memory.MemoryStore;

/**
 * The contract on a store that executes requests in any order, serves its waiters in no
 * order that it promises, and answers on threads of its own: what it does not promise is
 * skipped, all else holds.
 */
class UnorderedLockBackendTests extends LockBackendContract {

	private final ManualTicker ticker = new ManualTicker();

	private final MemoryStore store = new MemoryStore(this.ticker);

	@Override
	protected LockBackendFactory newFactory() {
		return new UnorderedFactory(new MemoryLockBackendFactory(this.store));
	}

	@Override
	protected void passTime(Duration duration) {
		this.ticker.advance(duration);
	}

	@Override
	protected boolean tellsWhyBusy() {
		return false;
	}

	private record UnorderedFactory(LockBackendFactory factory) implements LockBackendFactory {

		@Override
		public String id() {
			return this.factory.id();
		}

		@Override
		public LockBackend open(BackendListener listener) {
			return new UnorderedBackend(this.factory.open(listener));
		}

	}

	private static final class UnorderedBackend implements LockBackend {

		private final LockBackend backend;

		private volatile boolean closed;

		UnorderedBackend(LockBackend backend) {
			this.backend = backend;
		}

		private <T> CompletionStage<T> late(Supplier<CompletionStage<T>> request) {
			if (this.closed) {
				return request.get();
			}
			Executor executor = CompletableFuture.delayedExecutor(ThreadLocalRandom.current().nextInt(500),
					TimeUnit.MICROSECONDS);
			return CompletableFuture.supplyAsync(request, executor).thenCompose((answer) -> answer);
		}

		private static Attempt silent(Attempt attempt) {
			return (attempt instanceof Attempt.Busy) ? new Attempt.Busy(0, null, null) : attempt;
		}

		@Override
		public BackendTraits traits() {
			BackendTraits traits = this.backend.traits();
			return new BackendTraits(traits.id(), traits.expiry(), traits.fencing(), BackendTraits.Fairness.NONE, false,
					traits.minLease(), traits.requestTimeout(), traits.pollInterval());
		}

		@Override
		public CompletionStage<Attempt> tryAcquire(LockRequest request) {
			return late(() -> this.backend.tryAcquire(request)).thenApply(UnorderedBackend::silent);
		}

		@Override
		public Waiting enqueue(LockRequest request, GrantListener listener) {
			return new UnorderedWaiting(this, this.backend.enqueue(request, listener));
		}

		@Override
		public CompletionStage<Rotation> rotate(BackendLease lease, Waiting next) {
			Waiting waiting = ((UnorderedWaiting) next).waiting();
			if (!waiting.request().key().equals(lease.key())) {
				return this.backend.rotate(lease, waiting);
			}
			return late(() -> this.backend.rotate(lease, waiting))
				.thenApply((rotation) -> new Rotation(rotation.released(), silent(rotation.next())));
		}

		@Override
		public CompletionStage<Renewal> renew(Collection<? extends BackendLease> leases, Duration duration) {
			return late(() -> this.backend.renew(leases, duration));
		}

		@Override
		public CompletionStage<Boolean> release(BackendLease lease, Duration keepFor) {
			return late(() -> this.backend.release(lease, keepFor));
		}

		@Override
		public CompletionStage<Boolean> withdraw(LockRequest request) {
			return late(() -> this.backend.withdraw(request));
		}

		@Override
		public CompletionStage<Collection<String>> check() {
			return late(this.backend::check);
		}

		@Override
		public void close() {
			this.closed = true;
			this.backend.close();
		}

	}

	private record UnorderedWaiting(UnorderedBackend backend, Waiting waiting) implements Waiting {

		@Override
		public LockRequest request() {
			return this.waiting.request();
		}

		@Override
		public CompletionStage<Attempt> poll() {
			return this.backend.late(this.waiting::poll).thenApply(UnorderedBackend::silent);
		}

		@Override
		public void close() {
			this.waiting.close();
		}

	}

}
