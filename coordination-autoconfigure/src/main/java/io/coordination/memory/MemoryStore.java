package io.coordination.memory;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendLease;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.backend.Renewal;
import io.coordination.backend.Rotation;

/**
 * Locks in the memory of this process. Backends of one store contend with each other as
 * processes do at a server; two stores know nothing of each other.
 * <p>
 * Thread-safe. A store has no thread: what has expired is removed by the next request for
 * any key, so keys that are used once leave nothing behind.
 */
public final class MemoryStore {

	private static final Duration GRANT_LEASE = Duration.ofSeconds(3);

	private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);

	private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(1);

	private final LongSupplier ticker;

	private final long origin;

	private final Duration grantLease;

	private final Duration pollInterval;

	private final Duration requestTimeout;

	private final ReentrantLock lock = new ReentrantLock();

	/* Guarded by lock, like all below. */
	private final Map<LockKey, MemoryLock> locks = new HashMap<>();

	/* The keys of the locks, by the time from which on they are forgotten. */
	private final NavigableMap<Long, Set<LockKey>> ends = new TreeMap<>();

	private long revision;

	/**
	 * Makes an empty store that takes the time from {@link System#nanoTime}.
	 */
	public MemoryStore() {
		this(System::nanoTime);
	}

	/**
	 * Makes an empty store.
	 * @param ticker the time in nanoseconds from any origin, which never goes back
	 */
	public MemoryStore(LongSupplier ticker) {
		this(ticker, GRANT_LEASE, POLL_INTERVAL, REQUEST_TIMEOUT);
	}

	/**
	 * Makes an empty store with other times than the usual ones.
	 * @param ticker the time in nanoseconds from any origin, which never goes back
	 * @param grantLease how long the store keeps a lock for a waiter that it made the
	 * holder
	 * @param pollInterval the longest time between two polls of a waiter, shorter than
	 * half of {@code grantLease}
	 * @param requestTimeout the time after which a request without an answer has failed
	 */
	public MemoryStore(LongSupplier ticker, Duration grantLease, Duration pollInterval, Duration requestTimeout) {
		this.ticker = Objects.requireNonNull(ticker, "'ticker' must not be null");
		this.pollInterval = positive(pollInterval, "pollInterval");
		this.requestTimeout = positive(requestTimeout, "requestTimeout");
		this.grantLease = positive(grantLease, "grantLease");
		if (grantLease.compareTo(pollInterval.multipliedBy(2)) <= 0) {
			throw new IllegalArgumentException(
					"'grantLease' must be longer than twice the 'pollInterval' of " + pollInterval + ": " + grantLease);
		}
		this.origin = ticker.getAsLong();
	}

	private static Duration positive(Duration duration, String name) {
		if (duration.isNegative() || duration.isZero()) {
			throw new IllegalArgumentException("'" + name + "' must be positive: " + duration);
		}
		return duration;
	}

	Duration pollInterval() {
		return this.pollInterval;
	}

	Duration requestTimeout() {
		return this.requestTimeout;
	}

	/**
	 * How many keys the store remembers, free or not.
	 */
	int size() {
		this.lock.lock();
		try {
			return this.locks.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	Attempt tryAcquire(LockRequest request) {
		return inTurn((turn) -> with(request.key(), turn, (lock) -> lock.attempt(request, turn)));
	}

	Attempt poll(LockRequest request, GrantListener channel) {
		return inTurn((turn) -> with(request.key(), turn, (lock) -> poll(lock, request, channel, turn)));
	}

	Rotation rotate(BackendLease lease, LockRequest next, GrantListener channel) {
		return inTurn((turn) -> with(next.key(), turn, (lock) -> {
			boolean released = release(lock, lease.owner(), Duration.ZERO, turn);
			return new Rotation(released, poll(lock, next, channel, turn));
		}));
	}

	Renewal renew(Collection<? extends BackendLease> leases, Duration duration) {
		return inTurn((turn) -> {
			Set<OwnerId> kept = new HashSet<>();
			Set<OwnerId> lost = new HashSet<>();
			for (BackendLease lease : leases) {
				boolean ours = with(lease.key(), turn,
						(lock) -> lock.renew(lease.owner(), lease.revision(), duration, turn));
				(ours ? kept : lost).add(lease.owner());
			}
			return new Renewal(kept, lost);
		});
	}

	boolean release(BackendLease lease, Duration keepFor) {
		return inTurn((turn) -> with(lease.key(), turn, (lock) -> release(lock, lease.owner(), keepFor, turn)));
	}

	boolean withdraw(LockRequest request) {
		return inTurn((turn) -> with(request.key(), turn, (lock) -> {
			lock.leaveQueue(request.owner());
			return release(lock, request.owner(), Duration.ZERO, turn);
		}));
	}

	private Attempt poll(MemoryLock lock, LockRequest request, GrantListener channel, Turn turn) {
		return lock.poll(request, channel, this.pollInterval.multipliedBy(2), turn);
	}

	private boolean release(MemoryLock lock, OwnerId owner, Duration keepFor, Turn turn) {
		return lock.release(owner, keepFor, this.grantLease, turn);
	}

	private <T> T inTurn(Function<Turn, T> request) {
		Turn turn;
		T answer;
		this.lock.lock();
		try {
			turn = new Turn(this.ticker.getAsLong() - this.origin, () -> ++this.revision);
			forgetEnded(turn.now());
			answer = request.apply(turn);
		}
		finally {
			this.lock.unlock();
		}
		turn.end();
		return answer;
	}

	private <T> T with(LockKey key, Turn turn, Function<MemoryLock, T> action) {
		MemoryLock lock = this.locks.computeIfAbsent(key, MemoryLock::new);
		removeEnd(lock);
		T answer = action.apply(lock);
		if (lock.end() <= turn.now()) {
			this.locks.remove(key);
		}
		else {
			this.ends.computeIfAbsent(lock.end(), (end) -> new HashSet<>(2)).add(key);
		}
		return answer;
	}

	private void removeEnd(MemoryLock lock) {
		this.ends.computeIfPresent(lock.end(), (end, keys) -> {
			keys.remove(lock.key());
			return keys.isEmpty() ? null : keys;
		});
	}

	private void forgetEnded(long now) {
		while (!this.ends.isEmpty() && this.ends.firstKey() <= now) {
			this.ends.pollFirstEntry().getValue().forEach(this.locks::remove);
		}
	}

}
