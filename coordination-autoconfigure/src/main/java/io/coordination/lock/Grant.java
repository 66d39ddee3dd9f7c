package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockRequest;
import io.coordination.backend.SessionLease;
import io.coordination.lock.event.LockLost.Cause;

/**
 * What the store gave: it belongs to the {@link LocalGate}, which lets one {@link Hold}
 * after the other use it.
 * <p>
 * <b>How long is it ours?</b> The store starts to count a lease when it executes a
 * request; we start at the {@code nanoTime} read before that request was sent, which is
 * never later, and stop a {@linkplain Terms#margin margin} earlier. For a grant that was
 * pushed there is no request: its anchor is the last poll that the store answered with
 * Busy, as it gave the grant after that.
 * <p>
 * <b>Invariant: lost is final.</b> The deadline and the fact of being lost are one
 * immutable value in one reference. Whoever reads a deadline that has passed replaces the
 * value by a lost one, and only then answers; a renewal replaces it by a later deadline
 * only while the old one has not passed. One of the two wins, and a reader that said
 * "lost" is never contradicted by a renewal that was under way. Deadlines only grow, as
 * renewals may be confirmed out of order.
 */
final class Grant {

	private static final AtomicReferenceFieldUpdater<Grant, Validity> VALIDITY = AtomicReferenceFieldUpdater
		.newUpdater(Grant.class, Validity.class, "validity");

	final LocalGate gate;

	final LockRequest request;

	final BackendLease lease;

	final Terms terms;

	/** When this process learned of the grant: the beginning of the time slice. */
	final Clocks noticed;

	private final Contender contender;

	private final boolean pushed;

	/** Whether the lease ends, unless it is confirmed, before the one asked for does. */
	private final boolean cutShort;

	/** Where the lease ends when it is not renewed, whatever the store was told since. */
	private final long hardEnd;

	private volatile Validity validity;

	/** The present user. Written by the gate under its lock. */
	volatile @Nullable Hold hold;

	/** How many holds there were. Guarded by the gate's lock. */
	int handOvers;

	/** When the watchdog renews it next. */
	volatile long renewAt;

	/** Who used the lock for too long; it is not renewed for that hold any more. */
	private volatile @Nullable Hold overdue;

	private volatile boolean extended;

	/** Whether a holder was told of the lease, which so far is nobody else's. */
	private volatile boolean keptFromOthers;

	/** Until when the last holder wants it to stay taken, if that is {@link #kept}. */
	private volatile long keptUntil;

	private volatile boolean kept;

	/** What was known when the application was told that it is uncertain. */
	volatile @Nullable Validity toldUncertain;

	Grant(Contender contender, BackendLease lease, long anchor, long askedNanos, Clocks noticed, boolean pushed) {
		long armedNanos = armed(lease, askedNanos);
		this.contender = contender;
		this.gate = contender.gate;
		this.request = contender.request;
		this.terms = contender.terms;
		this.lease = lease;
		this.pushed = pushed;
		this.cutShort = armed(lease, this.terms.leaseNanos()) < this.terms.leaseNanos();
		this.noticed = noticed;
		this.hardEnd = anchor + this.terms.leaseNanos();
		this.validity = new Validity(anchor + armedNanos - Terms.margin(armedNanos), anchor, armedNanos, null);
		this.renewAt = firstRenewal(anchor, armedNanos, noticed.nanos());
	}

	/**
	 * A grant that was pushed may have used up much of its lease: it is renewed before
	 * half of that is gone, when it would be uncertain, and at once if that is so.
	 */
	private static long firstRenewal(long anchor, long armedNanos, long noticed) {
		long due = armedNanos / 3;
		long latest = anchor + armedNanos * 5 / 12 - noticed;
		return noticed + Math.max(0, Math.min(due, latest));
	}

	/**
	 * For how long a lease can be relied on after a request that asked for so much.
	 */
	static long armed(BackendLease lease, long askedNanos) {
		return (lease instanceof SessionLease ofSession) ? Math.min(askedNanos, Durations.nanos(ofSession.validity()))
				: askedNanos;
	}

	/**
	 * What is known now. Turns into lost what has ended.
	 */
	Validity read(long now) {
		Validity known = this.validity;
		if (known.lost() == null && now - known.deadline() >= 0) {
			lose(endsByItself(known) ? Cause.LEASE_ENDED : Cause.NOT_RENEWED);
			return this.validity;
		}
		return known;
	}

	private boolean endsByItself(Validity known) {
		return !isRenewed()
				|| (!this.terms.renewal() && known.deadline() + Terms.margin(known.armedNanos()) - this.hardEnd >= 0);
	}

	/**
	 * What is known now, left as it is.
	 */
	Validity peek() {
		return this.validity;
	}

	/**
	 * The store said that the lock is ours.
	 * @param sentAt when the request was sent
	 * @param askedNanos what lease it asked for, zero if it only asked
	 * @return {@code false} if that comes too late
	 */
	boolean confirm(long sentAt, long askedNanos, long now) {
		long armedNanos = armed(this.lease, askedNanos);
		while (true) {
			Validity known = read(now);
			if (known.lost() != null) {
				return false;
			}
			Validity next = known.confirmed(sentAt, armedNanos);
			if (VALIDITY.compareAndSet(this, known, next)) {
				if (armedNanos > 0) {
					this.extended = true;
				}
				this.renewAt = next.confirmedAt() + next.armedNanos() / 3;
				return true;
			}
		}
	}

	/**
	 * Ends the validity for ever, and tells the gate.
	 * @return {@code false} if it had ended before
	 */
	boolean lose(Cause cause) {
		while (true) {
			Validity known = this.validity;
			if (known.lost() != null) {
				return false;
			}
			if (VALIDITY.compareAndSet(this, known, known.lost(cause))) {
				this.gate.lost(this, cause);
				return true;
			}
		}
	}

	/**
	 * The lease the next renewal asks for: zero when there is to be none. Without renewal
	 * there is one all the same for a pushed grant, which comes with a short lease: up to
	 * the end of the whole one. A lease that its session cuts short is confirmed up to
	 * there again and again.
	 */
	long renewalNanos(long now) {
		if (isRenewalStopped()) {
			return 0;
		}
		if (this.terms.renewal()) {
			return this.terms.leaseNanos();
		}
		return (this.cutShort || (this.pushed && !this.extended)) ? Math.max(0, this.hardEnd - now) : 0;
	}

	/**
	 * Whether the store is to confirm the grant again and again.
	 */
	boolean isRenewed() {
		return this.terms.renewal() || this.cutShort;
	}

	/**
	 * Stops the renewal for one hold, not for those that come after it.
	 */
	void stopRenewal(Hold of) {
		this.overdue = of;
	}

	private boolean isRenewalStopped() {
		Hold stopped = this.overdue;
		return stopped != null && stopped == this.hold;
	}

	/**
	 * Lets a waiter use the grant, under the gate's lock. Each user has a greater number
	 * than the one before.
	 * @return {@code false} if the waiter does not want it any more
	 */
	boolean lendTo(Waiter waiter, Engine engine) {
		boolean handedOver = this.hold != null;
		int number = handedOver ? this.handOvers + 1 : 0;
		Hold next = new Hold(engine, this, engine.tokens().token(this.lease, number), waiter, engine.nanoTime(),
				handedOver);
		if (!waiter.settle(next)) {
			return false;
		}
		this.hold = next;
		this.handOvers = number;
		engine.activity().holdBegan();
		return true;
	}

	/**
	 * Keeps the grant from being passed on: what is written with its lease may arrive
	 * late, and must find the lease gone then.
	 */
	void keepFromOthers() {
		this.keptFromOthers = true;
	}

	/**
	 * The holder released it, and wants it to stay taken by nobody until its minimum hold
	 * time is over. Followed by the release at the gate, where nobody gets it then.
	 */
	void keepUntil(long end) {
		this.keptUntil = end;
		this.kept = true;
	}

	boolean isKept() {
		return this.kept;
	}

	/**
	 * For how much longer it is to stay taken by nobody, in whole milliseconds. What was
	 * lost is not kept.
	 */
	Duration keptFor(long now) {
		long left = (this.kept && this.validity.lost() == null) ? Math.max(0, this.keptUntil - now) : 0;
		return Duration.ofMillis(TimeUnit.NANOSECONDS.toMillis(left + TimeUnit.MILLISECONDS.toNanos(1) - 1));
	}

	/**
	 * Whether another caller of this process may go on with this grant, if it asks for
	 * the same terms.
	 * @param sliceNanos for how long the grant may stay in this process
	 */
	boolean mayBePassedOn(long now, long sliceNanos, long suspectSince) {
		Validity known = this.validity;
		return !this.kept && this.terms.renewal() && !this.keptFromOthers && !isRenewalStopped()
				&& this.handOvers < FencingTokens.MAX_HAND_OFFS && now - this.noticed.nanos() < sliceNanos
				&& known.state(now, suspectSince, true) == LockState.HELD
				&& known.deadline() - now >= known.armedNanos() / 2;
	}

	/**
	 * When the last request that could have granted this lock to its owner was sent, and
	 * whether all of them were answered.
	 */
	Contender contender() {
		return this.contender;
	}

	/**
	 * Nobody here uses the grant any more.
	 */
	void end() {
		this.contender.close();
	}

	/**
	 * What is known of a grant at one moment.
	 *
	 * @param deadline when it ends unless it is renewed
	 * @param confirmedAt when the last request was sent that the store confirmed
	 * @param armedNanos the lease that is running
	 * @param lost why it is lost, or {@code null} while it is not
	 */
	record Validity(long deadline, long confirmedAt, long armedNanos, @Nullable Cause lost) {

		LockState state(long now, long suspectSince, boolean renewal) {
			if (this.lost != null || now - this.deadline >= 0) {
				return LockState.LOST;
			}
			boolean suspect = this.confirmedAt - suspectSince <= 0;
			boolean overdue = renewal && now - this.confirmedAt > this.armedNanos / 2;
			return (suspect || overdue) ? LockState.UNCERTAIN : LockState.HELD;
		}

		long remaining(long now) {
			return (this.lost != null) ? 0 : Math.max(0, this.deadline - now);
		}

		Duration remainingDuration(long now) {
			return Duration.ofNanos(remaining(now));
		}

		private Validity confirmed(long sentAt, long armed) {
			long confirmed = (sentAt - this.confirmedAt > 0) ? sentAt : this.confirmedAt;
			long end = sentAt + armed - Terms.margin(armed);
			if (armed == 0 || end - this.deadline <= 0) {
				return new Validity(this.deadline, confirmed, this.armedNanos, null);
			}
			return new Validity(end, confirmed, armed, null);
		}

		private Validity lost(Cause cause) {
			return new Validity(this.deadline, this.confirmedAt, this.armedNanos, cause);
		}

	}

}
