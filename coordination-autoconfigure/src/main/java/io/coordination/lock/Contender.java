package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockRequest;
import io.coordination.backend.NotNowException;
import io.coordination.backend.Waiting;

/**
 * The one owner through which this process wants a lock from the store: it asks, keeps
 * its place in the store's queue by asking again, and notices when it is made the owner.
 * It works for the {@link LocalGate}, not for one waiter; callers may come and go while
 * it waits.
 * <p>
 * <b>Invariant: one outcome.</b> Answers, pushes and giving up meet in one
 * compare-and-set of the phase. Who moves it to GRANTED hands the grant to the gate; who
 * moves it to GIVEN_UP sees to it that nothing stays in the store: the withdrawal goes
 * out when no request is under way any more, and is repeated, confirmed, once the last
 * request can no longer be executed. A grant that is answered after that is taken back by
 * the same withdrawal.
 * <p>
 * <b>Invariant: a pushed grant is entered only by its anchor.</b> Nobody asked for it, so
 * its lease is counted from the last poll that was answered Busy; the store gave it later
 * than that. A push that is not newer than what that answer said is out of date. Without
 * such an answer, or without validity left, the contender asks instead of entering.
 * <p>
 * <b>Polls.</b> A push may be lost. The next poll is due after 0.55 to 0.9 of the longest
 * interval the store allows, or when the present lease ends, if that is sooner, and at
 * once after a reconnect. One poll is under way at a time. A poll that fails is followed
 * by another; only a failure of the very first request, surely without effect, ends the
 * attempt.
 */
final class Contender implements GrantListener {

	private static final long AFTER_LEASE_END = TimeUnit.MILLISECONDS.toNanos(2);

	private static final long FIRST_RETRY = TimeUnit.MILLISECONDS.toNanos(50);

	final LocalGate gate;

	final Terms terms;

	final LockRequest request;

	private final Engine engine;

	private final boolean asksOnce;

	private final @Nullable Waiting waiting;

	private final Requests requests = new Requests();

	private final Alarm nextPoll = new Alarm();

	private final long madeAt;

	private volatile @Nullable BusyAnswer seen;

	private volatile @Nullable BackendException failure;

	private volatile boolean answered;

	private volatile @Nullable Grant won;

	Contender(Engine engine, LocalGate gate, Waiter first) {
		this.engine = engine;
		this.gate = gate;
		this.terms = first.terms;
		this.asksOnce = first.asksOnce();
		this.request = engine.request(gate.name(), this.terms);
		this.waiting = this.asksOnce ? null : engine.backend().enqueue(this.request, this);
		this.madeAt = engine.nanoTime();
	}

	/**
	 * Whether it can win for this waiter.
	 */
	boolean serves(Waiter waiter) {
		return this.terms.equals(waiter.terms) && this.asksOnce == waiter.asksOnce();
	}

	boolean isFirstRequestUnderWay() {
		return !this.answered && this.failure == null;
	}

	boolean isOverdue(Waiter waiter) {
		return this.engine.nanoTime() - Durations.after(waiter.startedAt, waiter.waitNanos) >= 0;
	}

	/**
	 * Asks the store, if that is still wanted and no request is under way.
	 */
	void ask() {
		Clocks sent = begin();
		if (sent != null) {
			Waiting place = this.waiting;
			CompletionStage<Attempt> stage = (place != null) ? place.poll()
					: this.engine.backend().tryAcquire(this.request);
			Answers.on(stage, (attempt, ex) -> answered(sent, attempt, ex));
		}
	}

	/**
	 * Asks the store for the first time, giving up another grant in the same request.
	 */
	void askByRotating(Grant old, CompletableFuture<Boolean> answer) {
		Waiting place = this.waiting;
		Clocks sent = (place != null) ? begin() : null;
		if (place == null || sent == null) {
			this.engine.cleanup().release(old, answer);
			ask();
			return;
		}
		Answers.on(this.engine.backend().rotate(old.lease, place), (rotation, ex) -> {
			this.engine.cleanup().rotated(old, (rotation != null) ? rotation.released() : null, ex, answer);
			answered(sent, (rotation != null) ? rotation.next() : null, ex);
		});
	}

	private @Nullable Clocks begin() {
		Clocks now = Clocks.read(this.engine);
		if (!this.requests.begin(now.nanos())) {
			return null;
		}
		this.nextPoll.cancel();
		return now;
	}

	private void answered(Clocks sent, @Nullable Attempt attempt, @Nullable Throwable thrown) {
		BackendException ex = (thrown != null) ? Failures.backendException(thrown) : null;
		boolean first = isFirstRequestUnderWay();
		long now = this.engine.nanoTime();
		Requests.Next next = this.requests.end(attempt, ex, !this.asksOnce, now);
		if (next.withdraw()) {
			withdraw();
			this.engine.cleanup().expected();
		}
		if (attempt instanceof Attempt.Granted granted) {
			this.answered = true;
			won(granted.lease(), sent, this.terms.leaseNanos(), false);
		}
		else if (attempt instanceof Attempt.Busy busy) {
			this.failure = null;
			this.seen = new BusyAnswer(sent, now, busy.revision(), busy.remaining(), busy.holder());
			this.answered = true;
			this.gate.busy(this);
			planNext(next.ask());
		}
		else if (ex != null) {
			this.failure = ex;
			boolean hopeless = first && !ex.mayHaveApplied() && !(ex instanceof NotNowException);
			if ((this.asksOnce || hopeless) && giveUp()) {
				withdraw();
				this.gate.failed(this, () -> this.engine.failures().backend(this.gate.name(), ex));
			}
			else {
				planNext(next.ask());
			}
		}
	}

	@Override
	public void granted(BackendLease lease, Duration duration) {
		BusyAnswer last = this.seen;
		if (last == null) {
			ask();
		}
		else if (lease.revision() > last.revision()) {
			won(lease, last.sent(), Durations.nanos(duration), true);
		}
	}

	private void won(BackendLease lease, Clocks anchor, long askedNanos, boolean pushed) {
		long armedNanos = Grant.armed(lease, askedNanos);
		Clocks now = Clocks.read(this.engine);
		if (this.requests.state().phase() == Requests.Phase.GRANTED) {
			confirmed(lease, anchor.nanos(), armedNanos, now.nanos(), pushed);
			return;
		}
		boolean ended = now.nanos() - (anchor.nanos() + armedNanos - Terms.margin(armedNanos)) >= 0;
		if (ended || anchor.disagree(now)) {
			ask();
			return;
		}
		if (this.engine.tokens().isUsable(lease)) {
			Grant grant = new Grant(this, lease, anchor.nanos(), armedNanos, now, pushed);
			if (settle(grant)) {
				this.gate.granted(this, grant);
			}
		}
		else if (giveUp()) {
			withdraw();
			this.gate.failed(this, () -> this.engine.tokens().unusable(lease));
		}
	}

	private void confirmed(BackendLease lease, long sentAt, long armedNanos, long now, boolean pushed) {
		Grant current = this.won;
		if (!pushed && current != null && current.lease.revision() == lease.revision()) {
			current.confirm(sentAt, armedNanos, now);
		}
	}

	private boolean settle(Grant grant) {
		if (!this.requests.grant()) {
			return false;
		}
		this.won = grant;
		this.nextPoll.cancel();
		return true;
	}

	/**
	 * Stops seeking. Followed by {@link #withdraw()} outside of the gate's lock.
	 * @return {@code false} if it has been granted already
	 */
	boolean giveUp() {
		if (!this.requests.giveUp()) {
			return false;
		}
		this.nextPoll.cancel();
		return true;
	}

	/**
	 * Leaves nothing behind in the store.
	 */
	void withdraw() {
		this.engine.cleanup().expect();
		Requests.Withdrawal withdrawal = this.requests.withdraw();
		if (withdrawal == Requests.Withdrawal.WHEN_ANSWERED) {
			return;
		}
		close();
		if (withdrawal == Requests.Withdrawal.NOW) {
			this.engine.cleanup().withdraw(this);
		}
		this.engine.cleanup().expected();
	}

	/**
	 * Forgets the place in the queue: pushes that come from now on are stray ones.
	 */
	void close() {
		if (this.waiting != null) {
			this.waiting.close();
		}
	}

	/**
	 * The last moment at which a request of this owner can still take effect, and whether
	 * there is one that might: all of them may have been answered.
	 */
	long lastEffect() {
		return this.requests.state().lastSentAt() + this.engine.requestTimeout();
	}

	boolean hasUnanswered() {
		return this.requests.state().unanswered();
	}

	private void planNext(boolean atOnce) {
		if (atOnce) {
			ask();
			return;
		}
		Requests.State state = this.requests.state();
		if (state.phase() == Requests.Phase.SEEKING) {
			// One that is set too late finds out that it has nothing to do
			this.nextPoll.set(this.engine, this::ask, untilNext(state.failures()));
		}
	}

	private long untilNext(int failures) {
		long longest = this.engine.pollNanos();
		long next = (long) (longest * ThreadLocalRandom.current().nextDouble(0.55, 0.9));
		if (failures > 0) {
			return Math.min(next, FIRST_RETRY << Math.min(failures - 1, 10));
		}
		BusyAnswer last = this.seen;
		Duration remaining = (last != null) ? last.remaining() : null;
		return (remaining != null) ? Math.min(next, remaining.toNanos() + AFTER_LEASE_END) : next;
	}

	/**
	 * Why the lock was not acquired, if it was not because others hold it.
	 */
	@Nullable RuntimeException failure() {
		BackendException last = this.failure;
		if (last != null) {
			return this.engine.failures().backend(this.gate.name(), last);
		}
		return (this.answered || !this.requests.state().sent()) ? null
				: this.engine.failures().noAnswer(this.gate.name(), this.madeAt);
	}

	/**
	 * The last answer that somebody else has the lock, or {@code null} if there was none.
	 */
	@Nullable BusyAnswer seen() {
		return this.seen;
	}

}
