package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendTraits.Expiry;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;

/**
 * Sees to it that an owner which has finished holds nothing in the store.
 * <p>
 * <b>Invariant.</b> A finished owner is released until the store has confirmed a release
 * that was sent after the last moment at which a request of this owner could still be
 * executed; or until everything such a request could have made has ended by its lease. A
 * lease of a {@linkplain Expiry#SESSION session} does not end while the session goes on,
 * so there a release is repeated until it is confirmed. Where all requests were answered
 * the first confirmed release is enough. Owners are never used again, so releasing one
 * too often harms nobody.
 */
final class Cleanup {

	private static final Logger logger = LoggerFactory.getLogger(Cleanup.class);

	private static final long FIRST_RETRY = TimeUnit.MILLISECONDS.toNanos(100);

	private static final long LAST_RETRY = TimeUnit.SECONDS.toNanos(1);

	private final Engine engine;

	private final KeptGrants keptGrants;

	private final AtomicInteger pending = new AtomicInteger();

	Cleanup(Engine engine) {
		this.engine = engine;
		this.keptGrants = new KeptGrants(engine);
	}

	KeptGrants keptGrants() {
		return this.keptGrants;
	}

	/**
	 * Whether anything is still to be released.
	 */
	boolean isIdle() {
		return this.pending.get() == 0;
	}

	/**
	 * Something will have to be released when it is known what: after an answer that is
	 * under way.
	 */
	void expect() {
		this.pending.incrementAndGet();
	}

	/**
	 * What was expected has been handed over, or is nothing.
	 */
	void expected() {
		this.pending.decrementAndGet();
	}

	/**
	 * Withdraws a contender that gave up.
	 */
	void withdraw(Contender contender) {
		LockRequest request = contender.request;
		new Task(contender.gate.name(), () -> this.engine.backend().withdraw(request), contender.hasUnanswered(),
				contender.lastEffect(), contender.terms.leaseNanos())
			.run();
	}

	/**
	 * Takes back what the store granted to an owner that nobody here knows any more.
	 */
	void withdraw(LockKey key, OwnerId owner) {
		LockRequest request = LockRequest.exclusive(key, owner, Duration.ofSeconds(1));
		new Task(key.name(), () -> this.engine.backend().withdraw(request), false, this.engine.nanoTime(),
				TimeUnit.SECONDS.toNanos(2))
			.run();
	}

	/**
	 * Gives a grant back in the background.
	 */
	void release(Grant grant) {
		task(grant).run();
	}

	/**
	 * Gives a grant back, and tells what the store said to the first request; what
	 * remains to be done is done in the background. One that is to be kept stays taken by
	 * nobody, for which the store sees to it where it can.
	 */
	void release(Grant grant, CompletableFuture<Boolean> answer) {
		if (grant.isKept() && !keepsForNobody()) {
			this.keptGrants.keep(grant, answer);
			return;
		}
		Task task = task(grant);
		Answers.on(task.run(), (ours, ex) -> tell(grant, ours, ex, answer));
	}

	/**
	 * A rotation was answered: goes on with what is left of the old grant.
	 */
	void rotated(Grant old, @Nullable Boolean ours, @Nullable Throwable ex, CompletableFuture<Boolean> answer) {
		if (ex != null || old.contender().hasUnanswered()) {
			task(old).run();
		}
		else {
			old.end();
		}
		tell(old, ours, ex, answer);
	}

	void tell(Grant grant, @Nullable Boolean ours, @Nullable Throwable ex, CompletableFuture<Boolean> answer) {
		if (ex == null) {
			answer.complete(ours);
			return;
		}
		answer.completeExceptionally(this.engine.failures().release(grant.gate.name(), Failures.backendException(ex)));
	}

	private Task task(Grant grant) {
		grant.end();
		return new Task(grant.gate.name(), () -> this.engine.backend().release(grant.lease, keptFor(grant)),
				grant.contender().hasUnanswered(), grant.contender().lastEffect(), grant.terms.leaseNanos());
	}

	private Duration keptFor(Grant grant) {
		return keepsForNobody() ? grant.keptFor(this.engine.nanoTime()) : Duration.ZERO;
	}

	private boolean keepsForNobody() {
		return this.engine.traits().expiry() == Expiry.LEASE;
	}

	private final class Task {

		private final String name;

		private final Supplier<CompletionStage<Boolean>> request;

		private final boolean twice;

		private final long lastEffect;

		private final long end;

		private int failures;

		private boolean warned;

		Task(String name, Supplier<CompletionStage<Boolean>> request, boolean twice, long lastEffect, long leaseNanos) {
			this.name = name;
			this.request = request;
			this.twice = twice;
			this.lastEffect = lastEffect + Terms.margin(Cleanup.this.engine.requestTimeout());
			long now = Cleanup.this.engine.nanoTime();
			long last = (this.lastEffect - now > 0) ? this.lastEffect : now + Cleanup.this.engine.requestTimeout();
			this.end = last + leaseNanos + Terms.margin(leaseNanos);
			Cleanup.this.pending.incrementAndGet();
		}

		CompletionStage<Boolean> run() {
			long sentAt = Cleanup.this.engine.nanoTime();
			CompletionStage<Boolean> stage = this.request.get();
			Answers.on(stage, (ours, ex) -> answered(sentAt, ex));
			return stage;
		}

		private void answered(long sentAt, @Nullable Throwable ex) {
			long now = Cleanup.this.engine.nanoTime();
			if (ex != null) {
				retry(now, ex);
			}
			else if (this.twice && sentAt - this.lastEffect < 0) {
				Cleanup.this.engine.schedule(this::run, this.lastEffect - now);
			}
			else {
				Cleanup.this.pending.decrementAndGet();
			}
		}

		private void retry(long now, Throwable ex) {
			if (now - this.end >= 0) {
				if (Cleanup.this.engine.traits().expiry() == Expiry.LEASE) {
					logger.warn("Lock '{}' could not be released, its lease has ended by now: {}", this.name,
							Failures.backendException(ex).getMessage());
					Cleanup.this.pending.decrementAndGet();
					return;
				}
				warnOnce(ex);
			}
			long delay = Math.min(LAST_RETRY, FIRST_RETRY << Math.min(this.failures, 10));
			this.failures++;
			Cleanup.this.engine.schedule(this::run, delay);
		}

		private void warnOnce(Throwable ex) {
			if (!this.warned) {
				this.warned = true;
				logger.warn("Lock '{}' could not be released, and is tried again until its session ends: {}", this.name,
						Failures.backendException(ex).getMessage());
			}
		}

	}

}
