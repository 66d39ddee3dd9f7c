package io.coordination.lock;

import java.lang.ref.PhantomReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendLease;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockLost.Cause;
import io.coordination.lock.event.LockReleased;

/**
 * One holder's use of a {@link Grant}: what stands behind a handle. The engine keeps the
 * hold, and never the handle, so that a handle which is dropped can be found.
 * <p>
 * <b>Invariant: one end.</b> A hold leaves ACTIVE once, by compare-and-set: to RELEASED
 * by its owner, or to LOST. Only the first release reaches the gate, and the gate gives
 * nothing back for a hold that is not its present one: a second close can never free the
 * lock of a successor.
 */
final class Hold {

	final Grant grant;

	final LocalGate gate;

	final long token;

	final long since;

	final boolean handedOver;

	private final Engine engine;

	private final long maxHoldEnd;

	private final boolean limited;

	private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.ACTIVE);

	private final AtomicReference<@Nullable CompletableFuture<Boolean>> released = new AtomicReference<>();

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private @Nullable List<Consumer<LockLost>> callbacks;

	// guarded by lock
	private @Nullable LockLost loss;

	/** Tells of a dropped handle. */
	private volatile @Nullable PhantomReference<LockHandle> watch;

	Hold(Engine engine, Grant grant, long token, long maxHoldNanos, long now, boolean handedOver) {
		this.engine = engine;
		this.grant = grant;
		this.gate = grant.gate;
		this.token = token;
		this.since = now;
		this.handedOver = handedOver;
		this.limited = maxHoldNanos != Durations.UNBOUNDED;
		this.maxHoldEnd = Durations.after(now, maxHoldNanos);
	}

	String name() {
		return this.gate.name();
	}

	void watch(PhantomReference<LockHandle> reference) {
		this.watch = reference;
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

	void ensureHeld() {
		LockState state = state(this.engine.nanoTime());
		if (state == LockState.RELEASED) {
			throw new LockLostException("Lock '" + name() + "' is not held: it was released before");
		}
		if (state == LockState.LOST) {
			throw lostException();
		}
	}

	/**
	 * What the store gave. First it becomes this holder's alone, then the hold is
	 * checked, while a release looks at them in the other order: so a lease that is told
	 * of is never passed on.
	 */
	BackendLease lease() {
		this.grant.keepFromOthers();
		ensureHeld();
		return this.grant.lease;
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
		LockLost event = new LockLost(name(), this.token, cause, heldFor());
		List<Consumer<LockLost>> told;
		this.lock.lock();
		try {
			this.loss = event;
			told = (this.callbacks != null) ? this.callbacks : List.of();
			this.callbacks = null;
		}
		finally {
			this.lock.unlock();
		}
		this.engine.announcer().lost(event, describe(event), told);
	}

	void onLost(Consumer<LockLost> callback) {
		state(this.engine.nanoTime());
		LockLost known;
		this.lock.lock();
		try {
			known = this.loss;
			if (known == null && this.phase.get() != Phase.RELEASED) {
				if (this.callbacks == null) {
					this.callbacks = new ArrayList<>(2);
				}
				this.callbacks.add(callback);
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
	 * Gives the lock up. Only the first call does anything, the others get its answer.
	 */
	CompletionStage<Boolean> release() {
		CompletableFuture<Boolean> answer = new CompletableFuture<>();
		if (!this.released.compareAndSet(null, answer)) {
			CompletableFuture<Boolean> first = this.released.get();
			return (first != null) ? first : answer;
		}
		PhantomReference<LockHandle> reference = this.watch;
		if (reference != null) {
			this.engine.handles().forget(reference);
		}
		state(this.engine.nanoTime());
		boolean active = this.phase.compareAndSet(Phase.ACTIVE, Phase.RELEASED);
		Answers.on(this.gate.release(this), (ours, failure) -> {
			this.engine.activity().holdEnded();
			if (failure != null) {
				answer.completeExceptionally(failure);
				return;
			}
			if (active && ours) {
				this.engine.announcer().publish(new LockReleased(name(), this.token, heldFor()));
			}
			else if (active) {
				tellLost(Cause.TAKEN);
			}
			answer.complete(active && ours);
		});
		return answer;
	}

	boolean isReleasing() {
		return this.released.get() != null;
	}

	Duration heldFor() {
		return Duration.ofNanos(this.engine.nanoTime() - this.since);
	}

	private LockLost lossOr(Cause cause) {
		this.lock.lock();
		try {
			LockLost known = this.loss;
			return (known != null) ? known : new LockLost(name(), this.token, cause, heldFor());
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

}
