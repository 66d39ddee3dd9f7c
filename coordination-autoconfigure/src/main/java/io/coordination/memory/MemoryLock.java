package io.coordination.memory;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.Attempt;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;

/**
 * What a {@link MemoryStore} knows of one key: who holds it until when, and who waits for
 * it in which order. Not thread-safe: the store guards it with its lock.
 */
final class MemoryLock {

	private final LockKey key;

	private final Map<OwnerId, Waiter> waiters = new LinkedHashMap<>();

	private @Nullable OwnerId holder;

	private long revision;

	private long takenUntil;

	private long waitedUntil;

	MemoryLock(LockKey key) {
		this.key = key;
	}

	LockKey key() {
		return this.key;
	}

	/**
	 * The time from which on nothing here has a meaning, unless something is done to it.
	 */
	long end() {
		return this.waiters.isEmpty() ? this.takenUntil : Math.max(this.takenUntil, this.waitedUntil);
	}

	/**
	 * Answers an owner that wants the lock now.
	 */
	Attempt attempt(LockRequest request, Turn turn) {
		OwnerId owner = request.owner();
		if (isHeldBy(owner, turn)) {
			this.takenUntil = Math.max(this.takenUntil, turn.in(request.lease()));
			return new Attempt.Granted(new MemoryLease(this.key, owner, this.revision));
		}
		if (isTaken(turn)) {
			return new Attempt.Busy(this.revision, Duration.ofNanos(this.takenUntil - turn.now()),
					(this.holder != null) ? this.holder.value() : null);
		}
		this.waiters.remove(owner);
		return new Attempt.Granted(grant(owner, request.lease(), turn));
	}

	/**
	 * Answers an owner that is ready to wait: as long as the lock is busy it has a place
	 * in the queue, which it keeps by asking again before its patience ends.
	 */
	Attempt poll(LockRequest request, GrantListener channel, Duration patience, Turn turn) {
		Attempt attempt = attempt(request, turn);
		if (attempt instanceof Attempt.Busy) {
			Waiter before = this.waiters.get(request.owner());
			if (before == null || !before.isAlive(turn)) {
				this.waiters.values().removeIf((waiter) -> !waiter.isAlive(turn));
			}
			this.waitedUntil = turn.in(patience);
			this.waiters.put(request.owner(), new Waiter(request.owner(), channel, this.waitedUntil));
		}
		return attempt;
	}

	boolean renew(OwnerId owner, long revision, Duration lease, Turn turn) {
		if (!isHeldBy(owner, turn) || this.revision != revision) {
			return false;
		}
		this.takenUntil = Math.max(this.takenUntil, turn.in(lease));
		return true;
	}

	/**
	 * Frees the lock of a holder. Unless it is to be kept, the next living waiter is made
	 * the holder for the time of a grant lease, and is told.
	 */
	boolean release(OwnerId owner, Duration keepFor, Duration grantLease, Turn turn) {
		if (!isHeldBy(owner, turn)) {
			return false;
		}
		this.holder = null;
		this.takenUntil = turn.in(keepFor);
		Waiter next = isTaken(turn) ? null : nextWaiter(turn);
		if (next != null) {
			MemoryLease lease = grant(next.owner(), grantLease, turn);
			turn.tell(() -> next.channel().granted(lease, grantLease));
		}
		return true;
	}

	void leaveQueue(OwnerId owner) {
		this.waiters.remove(owner);
	}

	private boolean isTaken(Turn turn) {
		return turn.now() < this.takenUntil;
	}

	private boolean isHeldBy(OwnerId owner, Turn turn) {
		return isTaken(turn) && owner.equals(this.holder);
	}

	private MemoryLease grant(OwnerId owner, Duration lease, Turn turn) {
		this.holder = owner;
		this.revision = turn.nextRevision();
		this.takenUntil = turn.in(lease);
		return new MemoryLease(this.key, owner, this.revision);
	}

	private @Nullable Waiter nextWaiter(Turn turn) {
		Iterator<Waiter> queue = this.waiters.values().iterator();
		while (queue.hasNext()) {
			Waiter waiter = queue.next();
			queue.remove();
			if (waiter.isAlive(turn)) {
				return waiter;
			}
		}
		return null;
	}

	/**
	 * An owner in the queue.
	 *
	 * @param owner who waits
	 * @param channel where its client hears of grants
	 * @param deadline the time at which it counts as dead unless it polls before
	 */
	private record Waiter(OwnerId owner, GrantListener channel, long deadline) {

		boolean isAlive(Turn turn) {
			return turn.now() < this.deadline;
		}

	}

}
