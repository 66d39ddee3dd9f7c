package io.coordination.lock;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

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
 * Requests to the store, wake-ups and events wait until the lock is left.
 * <p>
 * <b>Passing on.</b> The next waiter gets the same grant, without a word to the store,
 * while the grant is surely held (HELD, at least half of its lease left), the terms are
 * the same, and neither the time slice nor the hand-off numbers are used up. Otherwise
 * one request gives the grant up and queues the next waiter behind those of other
 * processes. A waiter that goes away leaves its place in the store's queue to the next
 * one with the same terms. A grant whose minimum hold time is not over is passed on to
 * nobody, here or there: the next waiter seeks the lock as if another process held it.
 */
final class LocalGate {

	private final Engine engine;

	private final String name;

	private final GateLock lock = new GateLock(this::retireIfIdle);

	// all guarded by lock
	private final Waiters waiters = new Waiters();

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
		return this.lock.with((after) -> {
			if (this.retired) {
				return false;
			}
			if (this.engine.isStopping()) {
				waiter.refuse(Failures.stopped(this.name), after);
			}
			else if (waiter.asksOnce() && (this.grant != null || this.contender != null)) {
				waiter.refuse((this.grant != null) ? notAcquired(waiter, null) : expired(waiter), after);
			}
			else {
				this.waiters.add(waiter);
				if (this.grant == null && this.contender == null) {
					contend(waiter, after);
				}
			}
			return true;
		});
	}

	/**
	 * The wait time of a waiter is over.
	 * @return {@code true} if it may still wait for the answer that is under way: the
	 * first one its contender gets
	 */
	boolean lastCall(Waiter waiter) {
		return this.lock.with((after) -> {
			Contender current = this.contender;
			return current != null && current.isFirstRequestUnderWay() && this.waiters.first() == waiter;
		});
	}

	/**
	 * A waiter goes away because its time is over. It may turn out to be settled already.
	 */
	void expire(Waiter waiter) {
		this.lock.change((after) -> {
			if (waiter.refuse(expired(waiter), after)) {
				left(waiter, after);
			}
		});
	}

	/**
	 * A waiter goes away because nobody wants its lock any more.
	 * @return {@code false} if it was settled before
	 */
	boolean abandon(Waiter waiter) {
		return this.lock.with((after) -> {
			boolean left = waiter.abandon();
			if (left) {
				left(waiter, after);
			}
			return left;
		});
	}

	/**
	 * Fails everyone who waits and gives up the place in the store's queue.
	 */
	void stop() {
		this.lock.change((after) -> {
			Waiter waiter;
			while ((waiter = this.waiters.takeFirst()) != null) {
				waiter.refuse(Failures.stopped(this.name), after);
			}
			reconsider(after);
		});
	}

	/**
	 * The store granted the lock to the contender.
	 */
	void granted(Contender winner, Grant won) {
		this.lock.change((after) -> {
			if (this.contender != winner) {
				throw new IllegalStateException("Granted to a contender that gave up");
			}
			this.contender = null;
			Waiter taker = take(won);
			if (taker != null) {
				this.grant = won;
				this.engine.watchdog().register(won);
				after.add(taker::signal);
			}
			else {
				after.add(() -> this.engine.cleanup().release(won));
				reconsider(after);
			}
		});
	}

	/**
	 * The store answered Busy to the contender.
	 */
	void busy(Contender contender) {
		this.lock.change((after) -> {
			Waiter first = this.waiters.first();
			if (this.contender == contender && first != null && (first.asksOnce() || contender.isOverdue(first))) {
				this.waiters.remove(first);
				first.refuse(notAcquired(first, contender), after);
				reconsider(after);
			}
		});
	}

	/**
	 * The store could not be asked by the contender, which has given up. Everybody who
	 * waits is told: asking again for each of them would find out the same.
	 */
	void failed(Contender contender, Supplier<RuntimeException> failure) {
		this.lock.change((after) -> {
			if (this.contender == contender) {
				this.contender = null;
				Waiter waiter;
				while ((waiter = this.waiters.takeFirst()) != null) {
					waiter.refuse(failure.get(), after);
				}
			}
		});
	}

	/**
	 * A hold ended.
	 * @return whether the lock was still ours, when that is known
	 */
	CompletionStage<Boolean> release(Hold ended) {
		CompletableFuture<Boolean> answer = new CompletableFuture<>();
		this.lock.change((after) -> {
			Grant current = this.grant;
			if (current == null || current.hold != ended) {
				answer.complete(false);
				return;
			}
			Waiter taker = mayPassOn(current) ? take(current) : null;
			if (taker != null) {
				after.add(taker::signal);
				after.add(() -> answer.complete(true));
				return;
			}
			this.grant = null;
			current.hold = null;
			this.engine.watchdog().unregister(current);
			Waiter next = this.waiters.first();
			if (next != null && !current.isKept()) {
				rotate(current, next, answer, after);
				return;
			}
			release(current, answer, after);
			if (next != null) {
				contend(next, after);
			}
		});
		return answer;
	}

	/**
	 * A grant is lost.
	 */
	void lost(Grant lost, Cause cause) {
		this.lock.change((after) -> {
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
		});
	}

	@Nullable Grant grant() {
		return this.lock.with((after) -> this.grant);
	}

	@Nullable Contender contender() {
		return this.lock.with((after) -> this.contender);
	}

	int waiting() {
		return this.lock.with((after) -> this.waiters.size());
	}

	// All below: under the lock.

	private void reconsider(List<Runnable> after) {
		Waiter next = this.waiters.first();
		Contender current = this.contender;
		if (current != null && (next == null || !current.serves(next)) && current.giveUp()) {
			this.contender = null;
			after.add(current::withdraw);
		}
		if (next != null && this.contender == null && this.grant == null) {
			contend(next, after);
		}
	}

	private void left(Waiter waiter, List<Runnable> after) {
		this.waiters.remove(waiter);
		reconsider(after);
	}

	private void contend(Waiter first, List<Runnable> after) {
		Contender next = new Contender(this.engine, this, first);
		this.contender = next;
		CompletionStage<?> before = this.releasing;
		after.add((before == null) ? next::ask : () -> Answers.on(before, (ours, failure) -> next.ask()));
	}

	private void rotate(Grant old, Waiter first, CompletableFuture<Boolean> answer, List<Runnable> after) {
		Contender next = new Contender(this.engine, this, first);
		this.contender = next;
		after.add(() -> next.askByRotating(old, answer));
	}

	private void release(Grant old, CompletableFuture<Boolean> answer, List<Runnable> after) {
		if (!this.engine.traits().ordered()) {
			this.releasing = answer;
			Answers.on(answer, (ours, failure) -> this.lock
				.change((then) -> this.releasing = (this.releasing != answer) ? this.releasing : null));
		}
		after.add(() -> this.engine.cleanup().release(old, answer));
	}

	private boolean mayPassOn(Grant current) {
		Waiter next = this.waiters.first();
		return next != null && this.engine.settings().handOff() && current.mayBePassedOn(this.engine.nanoTime(),
				this.engine.settings().sliceNanos(), this.engine.suspectSince());
	}

	/**
	 * Lets the first waiter that still wants it use the grant.
	 * @return the waiter, to be signalled, or {@code null} if there is none with these
	 * terms
	 */
	private @Nullable Waiter take(Grant given) {
		Waiter next;
		while ((next = this.waiters.first()) != null && next.terms.equals(given.terms)) {
			this.waiters.remove(next);
			if (given.lendTo(next, this.engine)) {
				return next;
			}
		}
		return null;
	}

	private RuntimeException expired(Waiter waiter) {
		Contender current = this.contender;
		if (current != null && current.isFirstRequestUnderWay() && this.waiters.first() != waiter) {
			return notAcquired(waiter, null);
		}
		RuntimeException failure = (current != null) ? current.failure() : null;
		return (failure != null) ? failure : notAcquired(waiter, current);
	}

	private LockNotAcquiredException notAcquired(Waiter waiter, @Nullable Contender contender) {
		return this.engine.failures().busy(this.name, waiter, this.grant, contender, this.waiters.others(waiter));
	}

	private void retireIfIdle() {
		if (!this.retired && this.waiters.isEmpty() && this.contender == null && this.grant == null
				&& this.releasing == null) {
			this.retired = true;
			this.engine.forget(this);
		}
	}

}
