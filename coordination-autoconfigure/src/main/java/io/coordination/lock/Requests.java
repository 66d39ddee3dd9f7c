package io.coordination.lock;

import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;

/**
 * What one owner has asked of the store, what became of it, and what may come of it yet.
 * <p>
 * <b>Invariants.</b>
 * <ol>
 * <li>One outcome: SEEKING is left once, for GRANTED or for GIVEN_UP.
 * <li>One request at a time is under way, and none begins after SEEKING was left.
 * <li>A withdrawal goes out when no request is under way, so it never overtakes one.
 * </ol>
 */
final class Requests {

	private final ReentrantLock lock = new ReentrantLock();

	// all guarded by lock
	private Phase phase = Phase.SEEKING;

	private boolean underWay;

	private boolean again;

	private boolean sent;

	/**
	 * Never earlier than the last request that was not answered, which may have been
	 * repeated below us.
	 */
	private long lastSentAt;

	private boolean unanswered;

	/** Whether the store may have a place, or the lock, for this owner. */
	private boolean leftover;

	private boolean withdrawWhenAnswered;

	private int failures;

	/**
	 * Begins a request.
	 * @return {@code false} if there is to be none now: the outcome is known, or one is
	 * under way, which is then followed by another
	 */
	boolean begin(long now) {
		this.lock.lock();
		try {
			if (this.phase != Phase.SEEKING) {
				return false;
			}
			if (this.underWay) {
				this.again = true;
				return false;
			}
			this.underWay = true;
			this.sent = true;
			this.lastSentAt = now;
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Ends a request.
	 * @param joins whether a request that was answered leaves a place in the queue
	 * @return what is to be done now
	 */
	Next end(@Nullable Attempt attempt, @Nullable BackendException failure, boolean joins, long now) {
		this.lock.lock();
		try {
			this.underWay = false;
			this.failures = (failure != null) ? this.failures + 1 : 0;
			if (failure == null) {
				this.leftover |= attempt instanceof Attempt.Granted || joins;
			}
			else if (failure.mayHaveApplied()) {
				this.leftover = true;
				this.unanswered = true;
				this.lastSentAt = now;
			}
			Next next = new Next(this.withdrawWhenAnswered, this.again);
			this.withdrawWhenAnswered = false;
			this.again = false;
			return next;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The lock was granted.
	 * @return {@code false} if there was an outcome before
	 */
	boolean grant() {
		return leaveSeeking(Phase.GRANTED);
	}

	/**
	 * Nobody wants it any more.
	 * @return {@code false} if there was an outcome before
	 */
	boolean giveUp() {
		return leaveSeeking(Phase.GIVEN_UP);
	}

	private boolean leaveSeeking(Phase outcome) {
		this.lock.lock();
		try {
			boolean seeking = this.phase == Phase.SEEKING;
			this.phase = seeking ? outcome : this.phase;
			return seeking;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Whether to withdraw now. While a request is under way its answer is waited for.
	 */
	Withdrawal withdraw() {
		this.lock.lock();
		try {
			if (this.underWay) {
				this.withdrawWhenAnswered = true;
				return Withdrawal.WHEN_ANSWERED;
			}
			return this.leftover ? Withdrawal.NOW : Withdrawal.NOTHING_TO_WITHDRAW;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A consistent view.
	 */
	State state() {
		this.lock.lock();
		try {
			return new State(this.phase, this.sent, this.unanswered || this.underWay, this.lastSentAt, this.failures);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The outcome, once it is known.
	 */
	enum Phase {

		SEEKING, GRANTED, GIVEN_UP

	}

	/**
	 * When to withdraw.
	 */
	enum Withdrawal {

		NOW, WHEN_ANSWERED, NOTHING_TO_WITHDRAW

	}

	/**
	 * What to do after an answer.
	 *
	 * @param withdraw whether the withdrawal was waiting for it
	 * @param ask whether another request was
	 */
	record Next(boolean withdraw, boolean ask) {

	}

	/**
	 * What is known at one moment.
	 *
	 * @param phase the outcome
	 * @param sent whether there was a request
	 * @param unanswered whether one may still be carried out although it failed or was
	 * not answered
	 * @param lastSentAt when the last one was sent, or later
	 * @param failures how many failed in a row
	 */
	record State(Phase phase, boolean sent, boolean unanswered, long lastSentAt, int failures) {

	}

}
