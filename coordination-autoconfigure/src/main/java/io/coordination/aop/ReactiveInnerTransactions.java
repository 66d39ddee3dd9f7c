package io.coordination.aop;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.Ordered;
import org.springframework.transaction.reactive.TransactionContext;
import org.springframework.transaction.reactive.TransactionSynchronization;

/**
 * The reactive transactions that begin while a subscription holds its locks. None of them
 * is committed when a lock was lost: another may hold it by now, and have read what is
 * about to be overwritten. Asks nobody; the locks are judged by the local clock.
 */
final class ReactiveInnerTransactions implements TransactionSynchronization, Ordered {

	private final LockContext locks;

	private final boolean verified;

	private final @Nullable TransactionSynchronization around;

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private final Set<TransactionContext> open = new HashSet<>(2);

	// guarded by lock
	private @Nullable CompletableFuture<@Nullable Void> ended;

	/**
	 * No transactions yet.
	 * @param verified whether they are checked
	 * @param around what the transaction has that is none of them, or {@code null} if
	 * there was none before
	 */
	ReactiveInnerTransactions(LockContext locks, boolean verified, @Nullable TransactionSynchronization around) {
		this.locks = locks;
		this.verified = verified;
		this.around = around;
	}

	/**
	 * Takes a transaction in, if there is one.
	 */
	void see(TransactionContext transaction) {
		Set<TransactionSynchronization> all = transaction.getSynchronizations();
		if (all == null || !isInside(transaction)) {
			return;
		}
		this.lock.lock();
		try {
			this.open.add(transaction);
		}
		finally {
			this.lock.unlock();
		}
		all.add(this);
	}

	/**
	 * Whether it is a transaction that began inside, and has not ended. One around that
	 * was suspended may seem so for a moment, while it is resumed.
	 */
	private boolean isInside(TransactionContext transaction) {
		Set<TransactionSynchronization> all = transaction.getSynchronizations();
		return all != null && transaction.isActualTransactionActive()
				&& !(this.around != null && all.contains(this.around));
	}

	/**
	 * Completes when none of them is open, never with a failure.
	 */
	CompletableFuture<@Nullable Void> ended() {
		this.lock.lock();
		try {
			this.open.removeIf((transaction) -> !isInside(transaction));
			CompletableFuture<@Nullable Void> ended = this.ended;
			if (ended == null) {
				ended = this.open.isEmpty() ? CompletableFuture.completedFuture(null) : new CompletableFuture<>();
				this.ended = ended;
			}
			return ended;
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	@Override
	public Mono<Void> beforeCommit(boolean readOnly) {
		return this.verified ? present().filter(this::isInside).doOnNext((mine) -> this.locks.ensureHeld()).then()
				: Mono.empty();
	}

	@Override
	public Mono<Void> afterCompletion(int status) {
		return present().doOnNext(this::close).then();
	}

	private static Mono<TransactionContext> present() {
		return Mono.deferContextual((view) -> Mono.justOrEmpty(view.getOrEmpty(TransactionContext.class)));
	}

	private void close(TransactionContext transaction) {
		CompletableFuture<@Nullable Void> over;
		this.lock.lock();
		try {
			this.open.remove(transaction);
			over = this.open.isEmpty() ? this.ended : null;
		}
		finally {
			this.lock.unlock();
		}
		if (over != null) {
			over.complete(null);
		}
	}

}
