package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendListener;
import io.coordination.backend.BackendTraits;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.backend.Renewal;
import io.coordination.backend.Rotation;
import io.coordination.backend.SessionLease;
import io.coordination.backend.Waiting;
import io.coordination.memory.MemoryLockBackendFactory;
import io.coordination.memory.MemoryStore;

/**
 * The memory backend behind a network that fails when told to: requests that are not
 * sent, answers that are lost, pushes that are dropped or late. Counts the requests.
 * Leases can be made those of a session.
 */
final class FlakyBackendFactory implements LockBackendFactory {

	enum Network {

		GOOD, DOWN, LOSES_ANSWERS, HOLDS_ANSWERS

	}

	final AtomicInteger requests = new AtomicInteger();

	final List<Runnable> heldPushes = new ArrayList<>();

	final List<Runnable> heldAnswers = new ArrayList<>();

	volatile Network network = Network.GOOD;

	volatile boolean holdsPushes;

	/** Whether requests are carried out in the order they were sent. */
	volatile boolean ordered = true;

	/** What leases live as long as, or {@code null} if they live as long as asked for. */
	volatile @Nullable Duration session;

	volatile BackendListener listener;

	private final MemoryLockBackendFactory factory;

	FlakyBackendFactory(MemoryStore store) {
		this.factory = new MemoryLockBackendFactory(store);
	}

	@Override
	public String id() {
		return "memory";
	}

	@Override
	public LockBackend open(BackendListener listener) {
		this.listener = listener;
		return new FlakyBackend(this.factory.open(listener));
	}

	private BackendLease lease(BackendLease given) {
		Duration validity = this.session;
		return (validity != null) ? new LeaseOfSession(given.key(), given.owner(), given.revision(), validity) : given;
	}

	private Attempt attempt(Attempt answer) {
		return (answer instanceof Attempt.Granted granted) ? new Attempt.Granted(lease(granted.lease())) : answer;
	}

	private <T> CompletionStage<T> send(Supplier<CompletionStage<T>> request) {
		this.requests.incrementAndGet();
		switch (this.network) {
			case DOWN -> {
				return CompletableFuture.failedFuture(new BackendException("connection refused", false, null));
			}
			case LOSES_ANSWERS -> {
				return request.get().handle((answer, failure) -> {
					throw new BackendException("no answer", true, failure);
				});
			}
			case HOLDS_ANSWERS -> {
				CompletionStage<T> answer = request.get();
				CompletableFuture<T> late = new CompletableFuture<>();
				this.heldAnswers.add(() -> answer.thenAccept(late::complete));
				return late;
			}
			default -> {
				return request.get();
			}
		}
	}

	/**
	 * Takes a lock from its holder behind everybody's back.
	 */
	void forget(HeldLock held) {
		try (LockBackend backend = this.factory.open(this.listener)) {
			backend.withdraw(LockRequest.exclusive(new LockKey("test", held.name()), new OwnerId(held.owner()),
					Duration.ofSeconds(1)));
		}
	}

	/**
	 * Has the store grant a lock to an owner that nobody here knows.
	 */
	OwnerId grantToAStranger(LockKey key) {
		OwnerId stranger = new OwnerId("stranger");
		try (LockBackend backend = this.factory.open(this.listener)) {
			backend.tryAcquire(LockRequest.exclusive(key, stranger, Duration.ofMinutes(1)));
		}
		return stranger;
	}

	void deliver(List<Runnable> held) {
		List<Runnable> all = List.copyOf(held);
		held.clear();
		all.forEach(Runnable::run);
	}

	private record LeaseOfSession(LockKey key, OwnerId owner, long revision,
			Duration validity) implements SessionLease {

	}

	private final class FlakyBackend implements LockBackend {

		private final LockBackend backend;

		FlakyBackend(LockBackend backend) {
			this.backend = backend;
		}

		@Override
		public BackendTraits traits() {
			BackendTraits traits = this.backend.traits();
			return new BackendTraits(traits.id(),
					(FlakyBackendFactory.this.session != null) ? BackendTraits.Expiry.SESSION : traits.expiry(),
					traits.fencing(), traits.fairness(), FlakyBackendFactory.this.ordered, traits.minLease(),
					traits.requestTimeout(), traits.pollInterval());
		}

		@Override
		public CompletionStage<Attempt> tryAcquire(LockRequest request) {
			return send(() -> this.backend.tryAcquire(request).thenApply(FlakyBackendFactory.this::attempt));
		}

		@Override
		public Waiting enqueue(LockRequest request, GrantListener taker) {
			return new FlakyWaiting(this.backend.enqueue(request, (given, duration) -> {
				BackendLease lease = lease(given);
				if (FlakyBackendFactory.this.holdsPushes) {
					FlakyBackendFactory.this.heldPushes.add(() -> taker.granted(lease, duration));
				}
				else {
					taker.granted(lease, duration);
				}
			}));
		}

		@Override
		public CompletionStage<Rotation> rotate(BackendLease lease, Waiting next) {
			return send(() -> this.backend.rotate(lease, ((FlakyWaiting) next).waiting())
				.thenApply((rotation) -> new Rotation(rotation.released(), attempt(rotation.next()))));
		}

		@Override
		public CompletionStage<Renewal> renew(Collection<? extends BackendLease> leases, Duration duration) {
			return send(() -> this.backend.renew(leases, duration));
		}

		@Override
		public CompletionStage<Boolean> release(BackendLease lease, Duration keepFor) {
			if (FlakyBackendFactory.this.session != null && !keepFor.isZero()) {
				return CompletableFuture
					.failedFuture(new BackendException("a session keeps nothing for nobody", false, null));
			}
			return send(() -> this.backend.release(lease, keepFor));
		}

		@Override
		public CompletionStage<Boolean> withdraw(LockRequest request) {
			return send(() -> this.backend.withdraw(request));
		}

		@Override
		public CompletionStage<Collection<String>> check() {
			return send(this.backend::check);
		}

		@Override
		public void close() {
			this.backend.close();
		}

	}

	private final class FlakyWaiting implements Waiting {

		private final Waiting waiting;

		FlakyWaiting(Waiting waiting) {
			this.waiting = waiting;
		}

		Waiting waiting() {
			return this.waiting;
		}

		@Override
		public LockRequest request() {
			return waiting().request();
		}

		@Override
		public CompletionStage<Attempt> poll() {
			return send(() -> waiting().poll().thenApply(FlakyBackendFactory.this::attempt));
		}

		@Override
		public void close() {
			waiting().close();
		}

	}

}
