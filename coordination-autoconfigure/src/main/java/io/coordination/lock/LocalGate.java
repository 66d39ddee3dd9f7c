package io.coordination.lock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.event.LockLost.Cause;

/**
 * The one place of this process where the callers of one name meet: they queue here,
 * first come, first served, and at most one request of the process at a time wants this
 * lock from the store (lock cohorting: Dice, Marathe and Shavit, <i>Lock Cohorting</i>,
 * PPoPP 2012).
 * <p>
 * <b>Invariants</b>, between two sections under the lock:
 * <ol>
 * <li>There is a contender, or a grant in use, or neither; never both. So the process
 * never competes with itself.
 * <li>If anyone waits, there is a contender or a grant: somebody will call the waiter up.
 * A contender is one for the terms of the first waiter.
 * <li>A grant in use has exactly one hold, the last one made from it; only that hold's
 * release moves the grant on, to the next waiter or back to the store. Each hold of a
 * grant has a greater hand-off number than the one before.
 * <li>A gate without waiters, contender and grant is retired: it is out of the engine's
 * map, nobody enters it any more, and who tries gets a new one. A gate in use is never
 * dropped.
 * </ol>
 * What waits outside of the lock: requests to the store, wake-ups, events. They are
 * collected while it is held and run after it.
 * <p>
 * <b>Passing on.</b> The next waiter gets the same grant, without a word to the store,
 * while the grant is surely held (HELD, at least half of its lease left), the terms are
 * the same, and neither the time slice nor the hand-off numbers are used up. Otherwise
 * one request gives the grant up and queues the next waiter behind those of other
 * processes. A waiter that goes away leaves its place in the store's queue to the next
 * one with the same terms.
 */
final class LocalGate {

	static final int MAX_HAND_OVERS = 1023;

	private final Engine engine;

	private final String name;

	private final ReentrantLock lock = new ReentrantLock();

	// all guarded by lock
	private final ArrayDeque<Waiter> waiters = new ArrayDeque<>(2);

	private @Nullable Contender contender;

	private @Nullable Grant grant;

	private @Nullable CompletionStage<?> releasing;

	private boolean retired;

	LocalGate(Engine engine, String name) {
		this.engine = engine;
		this.name = name;
	}

	String name() {
		return this.name;
	}

	/**
	 * Lets a waiter in.
	 * @return {@code false} if this gate is retired
	 */
	boolean enter(Waiter waiter) {
		Runnable after;
		this.lock.lock();
		try {
			if (this.retired) {
				return false;
			}
			if (this.engine.isStopping()) {
				after = refuse(waiter, this.engine.stopped(this.name));
			}
			else if (waiter.asksOnce() && (this.grant != null || this.contender != null)) {
				after = refuse(waiter, notAcquired(waiter, null));
			}
			else {
				this.waiters.addLast(waiter);
				after = (this.grant == null && this.contender == null) ? contend(waiter) : null;
			}
			retireIfIdle();
		}
		finally {
			this.lock.unlock();
		}
		run(after);
		return true;
	}

	/**
	 * The wait time of a waiter is over.
	 * @return {@code true} if it may still wait for the answer that is under way: the
	 * first one its contender gets
	 */
	boolean lastCall(Waiter waiter) {
		this.lock.lock();
		try {
			Contender current = this.contender;
			return current != null && current.isFirstRequestUnderWay() && this.waiters.peekFirst() == waiter;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A waiter goes away because its time is over. It may turn out to be settled already.
	 */
	void expire(Waiter waiter) {
		leave(waiter, true);
	}

	/**
	 * A waiter goes away because nobody wants its lock any more.
	 * @return {@code false} if it was settled before
	 */
	boolean abandon(Waiter waiter) {
		return leave(waiter, false);
	}

	private boolean leave(Waiter waiter, boolean tell) {
		List<Runnable> after = new ArrayList<>(2);
		this.lock.lock();
		try {
			boolean left;
			if (tell) {
				RuntimeException failure = failure(waiter);
				left = waiter.settle(failure);
				after.add(waiter::signal);
			}
			else {
				left = waiter.abandon();
			}
			if (!left) {
				return false;
			}
			this.waiters.remove(waiter);
			reconsider(after);
			retireIfIdle();
		}
		finally {
			this.lock.unlock();
		}
		run(after);
		return true;
	}

	/**
	 * Fails everyone who waits and gives up the place in the store's queue.
	 */
	void stop() {
		List<Runnable> after = new ArrayList<>();
		this.lock.lock();
		try {
			Waiter waiter;
			while ((waiter = this.waiters.pollFirst()) != null) {
				after.add(refuse(waiter, this.engine.stopped(this.name)));
			}
			reconsider(after);
			retireIfIdle();
		}
		finally {
			this.lock.unlock();
		}
		run(after);
	}

	/**
	 * The store granted the lock to the contender.
	 */
	void granted(Contender winner, Grant won) {
		Runnable after;
		this.lock.lock();
		try {
			if (this.contender != winner) {
				throw new IllegalStateException("Granted to a contender that gave up");
			}
			this.contender = null;
			Waiter next = this.waiters.peekFirst();
			if (next != null && !next.terms.equals(won.terms)) {
				next = null;
			}
			Waiter taker = (next != null) ? take(won) : null;
			if (taker != null) {
				this.grant = won;
				this.engine.watchdog().register(won);
				after = taker::signal;
			}
			else {
				after = giveBack(won);
			}
			retireIfIdle();
		}
		finally {
			this.lock.unlock();
		}
		run(after);
	}

	/**
	 * The store answered Busy to the contender.
	 */
	void busy(Contender contender) {
		List<Runnable> after = new ArrayList<>(2);
		this.lock.lock();
		try {
			if (this.contender != contender) {
				return;
			}
			Waiter first = this.waiters.peekFirst();
			if (first != null && (first.asksOnce() || contender.isOverdue(first))) {
				this.waiters.removeFirst();
				after.add(refuse(first, notAcquired(first, contender)));
				reconsider(after);
			}
			retireIfIdle();
		}
		finally {
			this.lock.unlock();
		}
		run(after);
	}

	/**
	 * The store could not be asked by the contender, which has given up.
	 */
	void failed(Contender contender, RuntimeException failure) {
		List<Runnable> after = new ArrayList<>(2);
		this.lock.lock();
		try {
			if (this.contender != contender) {
				return;
			}
			this.contender = null;
			Waiter first = this.waiters.pollFirst();
			if (first != null) {
				after.add(refuse(first, failure));
			}
			reconsider(after);
			retireIfIdle();
		}
		finally {
			this.lock.unlock();
		}
		run(after);
	}

	/**
	 * A hold ended.
	 * @return whether the lock was still ours, when that is known
	 */
	CompletionStage<Boolean> release(Hold ended) {
		CompletableFuture<Boolean> answer = new CompletableFuture<>();
		Runnable after;
		this.lock.lock();
		try {
			Grant current = this.grant;
			if (current == null || current.hold != ended) {
				return CompletableFuture.completedFuture(false);
			}
			Waiter taker = mayPassOn(current) ? take(current) : null;
			if (taker != null) {
				after = () -> {
					taker.signal();
					answer.complete(true);
				};
			}
			else {
				this.grant = null;
				current.hold = null;
				this.engine.watchdog().unregister(current);
				Waiter next = firstPending();
				after = (next != null) ? rotate(current, next, answer) : release(current, answer);
			}
			retireIfIdle();
		}
		finally {
			this.lock.unlock();
		}
		run(after);
		return answer;
	}

	/**
	 * A grant is lost.
	 */
	void lost(Grant lost, Cause cause) {
		List<Runnable> after = new ArrayList<>(3);
		this.lock.lock();
		try {
			this.engine.watchdog().unregister(lost);
			Hold holder = lost.hold;
			if (holder != null) {
				after.add(() -> holder.markLost(cause));
			}
			if (cause != Cause.SHUTDOWN) {
				after.add(() -> this.engine.cleanup().release(lost));
			}
			if (this.grant == lost) {
				this.grant = null;
				reconsider(after);
			}
			retireIfIdle();
		}
		finally {
			this.lock.unlock();
		}
		run(after);
	}

	@Nullable Grant grant() {
		this.lock.lock();
		try {
			return this.grant;
		}
		finally {
			this.lock.unlock();
		}
	}

	@Nullable Contender contender() {
		this.lock.lock();
		try {
			return this.contender;
		}
		finally {
			this.lock.unlock();
		}
	}

	int waiting() {
		this.lock.lock();
		try {
			return this.waiters.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	// All below: under the lock.

	private void reconsider(List<Runnable> after) {
		Waiter next = firstPending();
		Contender current = this.contender;
		if (current != null && (next == null || !current.serves(next)) && current.giveUp()) {
			this.contender = null;
			after.add(current::withdraw);
		}
		if (next != null && this.contender == null && this.grant == null) {
			after.add(contend(next));
		}
	}

	private Runnable contend(Waiter first) {
		Contender next = new Contender(this.engine, this, first);
		this.contender = next;
		CompletionStage<?> before = this.releasing;
		if (before == null) {
			return next::ask;
		}
		return () -> Answers.on(before, (ours, failure) -> next.ask());
	}

	private Runnable rotate(Grant old, Waiter first, CompletableFuture<Boolean> answer) {
		Contender next = new Contender(this.engine, this, first);
		this.contender = next;
		return () -> next.askByRotating(old, answer);
	}

	private Runnable release(Grant old, CompletableFuture<Boolean> answer) {
		if (!this.engine.traits().ordered()) {
			this.releasing = answer;
			Answers.on(answer, (ours, failure) -> released(answer));
		}
		return () -> this.engine.cleanup().release(old, answer);
	}

	private void released(CompletableFuture<Boolean> answer) {
		this.lock.lock();
		try {
			if (this.releasing == answer) {
				this.releasing = null;
			}
			retireIfIdle();
		}
		finally {
			this.lock.unlock();
		}
	}

	private Runnable giveBack(Grant won) {
		this.engine.watchdog().unregister(won);
		List<Runnable> after = new ArrayList<>(2);
		after.add(() -> this.engine.cleanup().release(won));
		reconsider(after);
		return () -> run(after);
	}

	private boolean mayPassOn(Grant current) {
		long now = this.engine.nanoTime();
		Waiter next = firstPending();
		return next != null && this.engine.settings().handOff() && current.handOvers < MAX_HAND_OVERS
				&& now - current.noticedAt < this.engine.settings().sliceNanos()
				&& current.canBeHandedOver(next.terms, now, this.engine.suspectSince());
	}

	/**
	 * Lets the first waiter that still wants it use the grant.
	 * @return the waiter, to be signalled, or {@code null} if there is none with these
	 * terms
	 */
	private @Nullable Waiter take(Grant given) {
		long now = this.engine.nanoTime();
		boolean handedOver = given.hold != null;
		int number = handedOver ? given.handOvers + 1 : 0;
		Waiter next;
		while ((next = firstPending()) != null && next.terms.equals(given.terms)) {
			this.waiters.removeFirst();
			long token = this.engine.token(given.lease, number);
			Hold hold = new Hold(this.engine, given, token, next.maxHoldNanos, now, handedOver);
			if (next.settle(hold)) {
				given.hold = hold;
				given.handOvers = number;
				this.engine.holdBegan();
				return next;
			}
		}
		return null;
	}

	private @Nullable Waiter firstPending() {
		Waiter first;
		while ((first = this.waiters.peekFirst()) != null && !first.isPending()) {
			this.waiters.removeFirst();
		}
		return first;
	}

	private RuntimeException failure(Waiter waiter) {
		Contender current = this.contender;
		if (current != null && current.isFirstRequestUnderWay() && this.waiters.peekFirst() != waiter) {
			return notAcquired(waiter, null);
		}
		RuntimeException failure = (current != null) ? current.failure() : null;
		return (failure != null) ? failure : notAcquired(waiter, current);
	}

	private LockNotAcquiredException notAcquired(Waiter waiter, @Nullable Contender contender) {
		long now = this.engine.nanoTime();
		Grant current = this.grant;
		Hold holder = (current != null) ? current.hold : null;
		String who = "others";
		if (current != null && holder != null) {
			who = "held here by " + current.lease.owner() + " for " + Durations.text(now - holder.since)
					+ ", lease ends in " + Durations.text(current.peek().remaining(now));
		}
		else if (contender != null) {
			who = contender.describeHolder(now);
		}
		else {
			who = "another caller of this process is acquiring it";
		}
		long others = this.waiters.stream().filter((other) -> other != waiter && other.isPending()).count();
		String within = waiter.asksOnce() ? "at the first try" : "within " + Durations.text(now - waiter.startedAt);
		return new LockNotAcquiredException("Lock '" + this.name + "' not acquired " + within + ": " + who + ", "
				+ others + ((others == 1) ? " other caller waits here" : " other callers wait here"));
	}

	private static Runnable refuse(Waiter waiter, RuntimeException failure) {
		return waiter.settle(failure) ? waiter::signal : () -> {
		};
	}

	private void retireIfIdle() {
		if (!this.retired && this.waiters.isEmpty() && this.contender == null && this.grant == null
				&& this.releasing == null) {
			this.retired = true;
			this.engine.forget(this);
		}
	}

	private static void run(@Nullable Runnable after) {
		if (after != null) {
			after.run();
		}
	}

	private static void run(List<Runnable> after) {
		after.forEach(Runnable::run);
	}

}
