package io.coordination.memory;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendListener;
import io.coordination.backend.BackendTraits;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.backend.Renewal;
import io.coordination.backend.Rotation;
import io.coordination.backend.Waiting;

/**
 * One client of a {@link MemoryStore}. Every stage is complete when it is returned; a
 * grant is pushed by the thread that gave the lock up.
 */
final class MemoryLockBackend implements LockBackend {

	private final MemoryStore store;

	private final BackendListener listener;

	private final BackendTraits traits;

	private final Map<OwnerId, Place> places = new ConcurrentHashMap<>();

	private volatile boolean closed;

	MemoryLockBackend(String id, MemoryStore store, BackendListener listener) {
		this.store = store;
		this.listener = listener;
		this.traits = new BackendTraits(id, BackendTraits.Expiry.LEASE, BackendTraits.Fencing.LOCAL,
				BackendTraits.Fairness.FIFO, true, Duration.ofMillis(1), store.requestTimeout(), store.pollInterval());
	}

	@Override
	public BackendTraits traits() {
		return this.traits;
	}

	@Override
	public CompletionStage<Attempt> tryAcquire(LockRequest request) {
		return ask(() -> this.store.tryAcquire(request));
	}

	@Override
	public Waiting enqueue(LockRequest request, GrantListener listener) {
		Place place = new Place(request, listener);
		this.places.put(request.owner(), place);
		return place;
	}

	@Override
	public CompletionStage<Rotation> rotate(BackendLease lease, Waiting next) {
		if (!next.request().key().equals(lease.key())) {
			throw new IllegalArgumentException(
					"'next' must be for " + lease.key() + ", but is for " + next.request().key());
		}
		return ask(() -> this.store.rotate(lease, next.request(), this::granted));
	}

	@Override
	public CompletionStage<Renewal> renew(Collection<? extends BackendLease> leases, Duration duration) {
		return ask(() -> this.store.renew(leases, duration));
	}

	@Override
	public CompletionStage<Boolean> release(BackendLease lease, Duration keepFor) {
		return ask(() -> this.store.release(lease, keepFor));
	}

	@Override
	public CompletionStage<Boolean> withdraw(LockRequest request) {
		return ask(() -> this.store.withdraw(request));
	}

	@Override
	public CompletionStage<Collection<String>> check() {
		return ask(List::of);
	}

	@Override
	public void close() {
		this.closed = true;
		this.places.clear();
	}

	private <T> CompletionStage<T> ask(Supplier<T> question) {
		if (this.closed) {
			return CompletableFuture.failedStage(new BackendException("The backend 'memory' is closed", false, null));
		}
		return CompletableFuture.completedStage(question.get());
	}

	private void granted(BackendLease lease, Duration duration) {
		if (this.closed) {
			return;
		}
		Place place = this.places.get(lease.owner());
		if (place != null) {
			place.listener.granted(lease, duration);
		}
		else {
			this.listener.strayGrant(lease.key(), lease.owner());
		}
	}

	private final class Place implements Waiting {

		private final LockRequest request;

		private final GrantListener listener;

		Place(LockRequest request, GrantListener listener) {
			this.request = request;
			this.listener = listener;
		}

		@Override
		public LockRequest request() {
			return this.request;
		}

		@Override
		public CompletionStage<Attempt> poll() {
			return ask(() -> MemoryLockBackend.this.store.poll(this.request, MemoryLockBackend.this::granted));
		}

		@Override
		public void close() {
			MemoryLockBackend.this.places.remove(this.request.owner(), this);
		}

	}

}
