package io.coordination.test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

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
 * One connection of the application to a {@link SwitchedStore}.
 * <p>
 * While the store is down no request reaches it and no push comes from it. What the
 * application tried to give up meanwhile is given up at the end of the outage.
 * <p>
 * Locks are lost by giving them up behind the application's back, and then claiming a
 * reconnect: the engine asks about everything it holds, and is told the truth. So this
 * works with every store.
 */
final class SwitchedLockBackend implements LockBackend {

	/** What this thread has lost so far, while it loses everything. */
	private static final ThreadLocal<@Nullable List<String>> losing = new ThreadLocal<>();

	private final LockBackend backend;

	private final BackendListener listener;

	private final SwitchedStore store;

	private final Queue<Supplier<CompletionStage<Boolean>>> missed = new ConcurrentLinkedQueue<>();

	SwitchedLockBackend(LockBackend backend, BackendListener listener, SwitchedStore store) {
		this.backend = backend;
		this.listener = listener;
		this.store = store;
	}

	void disconnected() {
		this.listener.disconnected();
	}

	void reconnected() {
		for (Supplier<CompletionStage<Boolean>> request = this.missed.poll(); request != null; request = this.missed
			.poll()) {
			// The engine tries again itself if this fails
			request.get().exceptionally((ex) -> false).toCompletableFuture().join();
		}
		this.listener.reconnected();
	}

	List<String> loseAll() {
		List<String> lost = new ArrayList<>();
		losing.set(lost);
		try {
			this.listener.reconnected();
		}
		finally {
			losing.remove();
		}
		return lost;
	}

	@Override
	public BackendTraits traits() {
		return this.backend.traits();
	}

	@Override
	public CompletionStage<Attempt> tryAcquire(LockRequest request) {
		return ask(() -> this.backend.tryAcquire(request));
	}

	@Override
	public Waiting enqueue(LockRequest request, GrantListener listener) {
		return new Place(this.backend.enqueue(request, (lease, duration) -> {
			if (!this.store.isDown()) {
				listener.granted(lease, duration);
			}
		}));
	}

	@Override
	public CompletionStage<Rotation> rotate(BackendLease lease, Waiting next) {
		Place place = (Place) next;
		return ask(() -> this.backend.rotate(lease, place.waiting))
			.whenComplete((rotation, ex) -> place.answered((rotation != null) ? rotation.next() : null));
	}

	@Override
	public CompletionStage<Renewal> renew(Collection<? extends BackendLease> leases, Duration duration) {
		List<String> lost = losing.get();
		if (lost == null) {
			return ask(() -> this.backend.renew(leases, duration));
		}
		for (BackendLease lease : leases) {
			this.backend.release(lease, Duration.ZERO).toCompletableFuture().join();
			lost.add(lease.key().name());
		}
		Set<OwnerId> owners = leases.stream().map(BackendLease::owner).collect(Collectors.toUnmodifiableSet());
		return CompletableFuture.completedStage(new Renewal(Set.of(), owners));
	}

	@Override
	public CompletionStage<Boolean> release(BackendLease lease, Duration keepFor) {
		return giveUp(() -> this.backend.release(lease, keepFor));
	}

	@Override
	public CompletionStage<Boolean> withdraw(LockRequest request) {
		return giveUp(() -> this.backend.withdraw(request));
	}

	@Override
	public CompletionStage<Collection<String>> check() {
		return ask(this.backend::check);
	}

	@Override
	public void close() {
		this.store.closed(this);
		this.backend.close();
	}

	private CompletionStage<Boolean> giveUp(Supplier<CompletionStage<Boolean>> request) {
		if (this.store.isDown()) {
			this.missed.add(request);
		}
		return ask(request);
	}

	private <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> request) {
		if (this.store.isDown()) {
			return CompletableFuture.failedStage(new BackendException(
					"The store is down, as LockTestSupport.storeDown() has it in this test", false, null));
		}
		return request.get();
	}

	/**
	 * A place in the store's queue that tells when somebody waits in it.
	 */
	private final class Place implements Waiting {

		private final Waiting waiting;

		private volatile boolean closed;

		Place(Waiting waiting) {
			this.waiting = waiting;
		}

		@Override
		public LockRequest request() {
			return this.waiting.request();
		}

		@Override
		public CompletionStage<Attempt> poll() {
			return ask(this.waiting::poll).whenComplete((attempt, ex) -> answered(attempt));
		}

		private void answered(@Nullable Attempt attempt) {
			if (attempt instanceof Attempt.Busy && !this.closed) {
				SwitchedLockBackend.this.store.waits(this, true);
				if (this.closed) {
					SwitchedLockBackend.this.store.waits(this, false);
				}
			}
			else if (attempt instanceof Attempt.Granted) {
				SwitchedLockBackend.this.store.waits(this, false);
			}
		}

		@Override
		public void close() {
			this.closed = true;
			SwitchedLockBackend.this.store.waits(this, false);
			this.waiting.close();
		}

	}

}
