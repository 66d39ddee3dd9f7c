package io.coordination.lock;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionException;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;

/**
 * What callers are told who do not get their lock: what happened, to which lock, with
 * which numbers.
 */
final class Failures {

	private final Engine engine;

	Failures(Engine engine) {
		this.engine = engine;
	}

	/**
	 * What a stage of a backend failed with. What is no {@link BackendException} tells
	 * nothing, so it may have been applied.
	 */
	static BackendException backendException(Throwable thrown) {
		Throwable ex = thrown;
		while (ex instanceof CompletionException && ex.getCause() != null) {
			ex = ex.getCause();
		}
		return (ex instanceof BackendException backendException) ? backendException
				: new BackendException(Objects.requireNonNullElse(ex.getMessage(), ex.getClass().getName()), true, ex);
	}

	/**
	 * The store could not be asked, or did not answer.
	 */
	LockBackendException backend(String name, BackendException ex) {
		return ex.mayHaveApplied() ? new LockOutcomeUnknownException("Lock '" + name
				+ "' not acquired: the store did not answer, what it may have granted is given back in the background: "
				+ ex.getMessage(), ex)
				: new LockBackendException(
						"Lock '" + name + "' not acquired: the store cannot be asked: " + ex.getMessage(), ex);
	}

	/**
	 * The store has not answered yet, and the time is up.
	 */
	LockOutcomeUnknownException noAnswer(String name, long since) {
		return new LockOutcomeUnknownException("Lock '" + name + "' not acquired: no answer from "
				+ this.engine.traits().id() + " within " + Durations.text(this.engine.nanoTime() - since)
				+ ", what it may have granted is given back in the background", null);
	}

	/**
	 * The registry does not run.
	 */
	static LockRegistryStoppedException stopped(String name) {
		return new LockRegistryStoppedException("Lock '" + name + "' not acquired: the lock registry is stopped");
	}

	/**
	 * Somebody else has the lock.
	 * @param grant what this process has of the store, or {@code null}
	 * @param contender who asks the store for this process, or {@code null}
	 * @param others how many others wait here
	 */
	LockNotAcquiredException busy(String name, Waiter waiter, @Nullable Grant grant, @Nullable Contender contender,
			long others) {
		long now = this.engine.nanoTime();
		Hold holder = (grant != null) ? grant.hold : null;
		Duration remaining = null;
		String who;
		if (grant != null && holder != null) {
			remaining = grant.peek().remainingDuration(now);
			who = "held here by " + grant.lease.owner() + " for " + Durations.text(now - holder.since)
					+ ", lease ends in " + Durations.text(grant.peek().remaining(now));
		}
		else if (contender != null) {
			BusyAnswer seen = contender.seen();
			who = (seen != null) ? seen.describe(now) : "held by others";
			remaining = (seen != null) ? seen.remaining(now) : null;
		}
		else {
			who = "another caller of this process is acquiring it";
		}
		String within = waiter.asksOnce() ? "at the first try" : "within " + Durations.text(now - waiter.startedAt);
		return new LockNotAcquiredException(
				"Lock '" + name + "' not acquired " + within + ": " + who + ", " + others
						+ ((others == 1) ? " other caller waits here" : " other callers wait here"),
				(remaining == null || !remaining.isNegative()) ? remaining : Duration.ZERO);
	}

	/**
	 * The store did not confirm a release.
	 */
	LockBackendException release(String name, BackendException ex) {
		return ex.mayHaveApplied() ? new LockOutcomeUnknownException("Release of lock '" + name
				+ "' was not answered, it may or may not have been ours until now; it is repeated in the background: "
				+ ex.getMessage(), ex)
				: new LockBackendException("Lock '" + name
						+ "' could not be released now; it is tried again in the background until its lease has ended: "
						+ ex.getMessage(), ex);
	}

}
