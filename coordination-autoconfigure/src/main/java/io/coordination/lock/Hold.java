package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockLost.Cause;

/**
 * One holder's use of a {@link Grant}: what stands behind one handle, or several. The
 * engine keeps the hold, and never a handle, so that one which is dropped can be found.
 * <p>
 * <b>Invariant: one end.</b> A hold leaves ACTIVE once, by compare-and-set: to RELEASED
 * by its owner, or to LOST. Only the last share that is given back reaches the gate, and
 * the gate gives nothing back for a hold that is not its present one: a second close can
 * never free the lock of a successor.
 * <p>
 * <b>Invariant: one last share.</b> Each handle has a {@link Share} of the hold, and the
 * hold counts those that were not given back. It is made with a count of one, for the
 * handle of who acquired it. The count goes from positive to zero once, and never from
 * zero up: a share is added by a compare-and-set from a positive number to the next, and
 * taken off by a decrement, which each share comes to once, by a compare-and-set of its
 * own. Hence exactly one decrement arrives at zero, by whichever thread and in whatever
 * order, and that one ends the hold. Who wants a share after it is refused, as there is
 * nothing to have a share of; who got one before it keeps the hold from its end, also
 * against a release of the very handle that was retained. A loss changes no count: it is
 * seen by all shares, and the last of them gives back what is left.
 */
final class Hold {

	private static final AtomicIntegerFieldUpdater<Hold> SHARES = AtomicIntegerFieldUpdater.newUpdater(Hold.class,
			"shares");

	final Grant grant;

	final LocalGate gate;

	final long token;

	/** What the lock is counted under, or {@code null}. */
	final @Nullable String label;

	final long since;

	final boolean handedOver;

	private final Engine engine;

	private final long minHoldEnd;

	private final long maxHoldEnd;

	private final boolean limited;

	private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.ACTIVE);

	private volatile int shares = 1;

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private @Nullable List<Callback> callbacks;

	// guarded by lock
	private @Nullable LockLost loss;

	Hold(Engine engine, Grant grant, long token, Waiter waiter, long now, boolean handedOver) {
		HoldTime time = waiter.holdTime;
		this.engine = engine;
		this.grant = grant;
		this.gate = grant.gate;
		this.token = token;
		this.label = waiter.label;
		this.since = now;
		this.handedOver = handedOver;
		this.minHoldEnd = now + time.least();
		this.limited = time.most() != Durations.UNBOUNDED;
		this.maxHoldEnd = Durations.after(now, time.most());
	}

	String name() {
		return this.gate.name();
	}

	LockState state(long now) {
		Phase known = this.phase.get();
		if (known == Phase.ACTIVE) {
			this.engine.suspectAfterClockJump();
			LockState state = this.grant.read(now).state(now, this.engine.suspectSince(), this.grant.isRenewed());
			if (state == LockState.LOST || endMaxHold(now)) {
				return LockState.LOST;
			}
			known = this.phase.get();
			if (known == Phase.ACTIVE) {
				return state;
			}
		}
		return (known == Phase.LOST) ? LockState.LOST : LockState.RELEASED;
	}

	Duration remaining(long now) {
		if (state(now).compareTo(LockState.UNCERTAIN) > 0) {
			return Duration.ZERO;
		}
		long left = this.grant.read(now).remaining(now);
		return Duration.ofNanos(this.limited ? Math.min(left, Math.max(0, this.maxHoldEnd - now)) : left);
	}

	LockLostException lostException() {
		LockLost known = lossOr(Cause.NOT_RENEWED);
		return new LockLostException(describe(known));
	}

	/**
	 * When the watchdog has to look at this hold because of its maximum hold time.
	 */
	long maxHoldEnd() {
		return this.maxHoldEnd;
	}

	boolean isLimited() {
		return this.limited && this.phase.get() == Phase.ACTIVE;
	}

	/**
	 * Loses the lock if it was held for too long.
	 */
	boolean endMaxHold(long now) {
		if (!this.limited || now - this.maxHoldEnd < 0) {
			return false;
		}
		this.grant.stopRenewal(this);
		markLost(Cause.MAX_HOLD_TIME);
		return true;
	}

	/**
	 * Loses the lock, and tells everybody who wants to know, once.
	 */
	void markLost(Cause cause) {
		if (!this.phase.compareAndSet(Phase.ACTIVE, Phase.LOST)) {
			return;
		}
		tellLost(cause);
	}

	private void tellLost(Cause cause) {
		LockLost event = new LockLost(name(), this.label, this.token, cause, heldFor());
		List<Consumer<LockLost>> told;
		this.lock.lock();
		try {
			this.loss = event;
			told = (this.callbacks != null) ? this.callbacks.stream().map(Callback::action).toList() : List.of();
			this.callbacks = null;
		}
		finally {
			this.lock.unlock();
		}
		this.engine.announcer().lost(event, describe(event), told);
	}

	void onLost(Share share, Consumer<LockLost> callback) {
		state(this.engine.nanoTime());
		LockLost known;
		this.lock.lock();
		try {
			known = this.loss;
			if (known == null && this.phase.get() != Phase.RELEASED) {
				if (this.callbacks == null) {
					this.callbacks = new ArrayList<>(2);
				}
				this.callbacks.add(new Callback(share, callback));
			}
		}
		finally {
			this.lock.unlock();
		}
		if (known != null) {
			this.engine.announcer().tell(known, List.of(callback));
		}
	}

	/**
	 * Forgets what was to be done for one share.
	 */
	void forgetCallbacks(Share share) {
		this.lock.lock();
		try {
			if (this.callbacks != null) {
				this.callbacks.removeIf((callback) -> callback.share() == share);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Counts another share.
	 * @return {@code false} if the last one was given back
	 */
	boolean share() {
		int known;
		do {
			known = this.shares;
			if (known == 0) {
				return false;
			}
		}
		while (!SHARES.compareAndSet(this, known, known + 1));
		return true;
	}

	/**
	 * Takes a share off.
	 * @return whether it was the last, so that the hold is to be ended
	 */
	boolean unshare() {
		return SHARES.decrementAndGet(this) == 0;
	}

	/**
	 * Gives the lock up. Called once, by who took the last share off.
	 * @param used whether it was of any use to somebody: otherwise it is not kept for its
	 * minimum hold time
	 */
	void end(boolean used, CompletableFuture<Boolean> answer) {
		long now = this.engine.nanoTime();
		state(now);
		boolean active = this.phase.compareAndSet(Phase.ACTIVE, Phase.RELEASED);
		if (active && used && now - this.minHoldEnd < 0) {
			this.grant.keepUntil(this.minHoldEnd);
		}
		Answers.on(this.gate.release(this), (ours, failure) -> {
			this.engine.activity().holdEnded();
			if (failure != null) {
				answer.completeExceptionally(failure);
				return;
			}
			if (active && ours) {
				this.engine.announcer().released(this);
			}
			else if (active) {
				tellLost(Cause.TAKEN);
			}
			answer.complete(active && ours);
		});
	}

	Duration heldFor() {
		return Duration.ofNanos(this.engine.nanoTime() - this.since);
	}

	private LockLost lossOr(Cause cause) {
		this.lock.lock();
		try {
			LockLost known = this.loss;
			return (known != null) ? known : new LockLost(name(), this.label, this.token, cause, heldFor());
		}
		finally {
			this.lock.unlock();
		}
	}

	private String describe(LockLost event) {
		String lease = Durations.text(this.grant.terms.leaseNanos());
		String why = switch (event.cause()) {
			case NOT_RENEWED ->
				"not renewed for " + Durations.text(this.engine.nanoTime() - this.grant.peek().confirmedAt())
						+ " (lease " + lease + ")";
			case LEASE_ENDED -> "its lease of " + lease + " ended, and renewal is off";
			case MAX_HOLD_TIME ->
				"held for longer than its maximum hold time, " + Durations.text(this.maxHoldEnd - this.since);
			case TAKEN -> "the store says it is not ours any more, after " + Durations.text(event.heldFor());
			case SHUTDOWN -> "still held after " + Durations.text(event.heldFor()) + " when the registry was stopped";
		};
		return "Lock '" + name() + "' lost: " + why + ", token " + this.token;
	}

	private enum Phase {

		ACTIVE, RELEASED, LOST

	}

	/**
	 * What is to be done when the lock is lost.
	 *
	 * @param share whose handle it was registered with
	 * @param action what to do
	 */
	private record Callback(Share share, Consumer<LockLost> action) {

	}

}
