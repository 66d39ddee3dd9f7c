package io.coordination.aop;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.core.Ordered;
import org.springframework.transaction.reactive.TransactionContext;
import org.springframework.transaction.reactive.TransactionSynchronization;

/**
 * A subscription and the reactive transactions that it has to do with: the one that the
 * subscriber is in, which ends after it, and those that begin inside of it.
 * <p>
 * The one around keeps the locks until it has ended, as {@link JoinedTransactions} does
 * it for threads. Those inside are found by {@link ReactiveTransactionalContext}. Each is
 * asked for its locks before it is committed, whatever manager it belongs to.
 */
final class ReactiveTransactions {

	private final boolean verified;

	private final @Nullable LockContext outer;

	private final @Nullable Around around;

	private final List<LockContext.Held> kept = new ArrayList<>(0);

	private volatile @Nullable ReactiveInnerTransactions inside;

	/**
	 * Looks for a transaction around.
	 * @param outer the context of the call around
	 * @throws IllegalStateException if there is one, and the properties forbid it
	 */
	ReactiveTransactions(LockCall call, List<LockCall.Request> requests, JoinedTransactions joined, ContextView view,
			@Nullable LockContext outer) {
		this.verified = joined.verifies(call);
		this.outer = outer;
		TransactionContext transaction = view.getOrDefault(TransactionContext.class, null);
		this.around = (transaction != null) ? enter(call, requests, joined, transaction) : null;
	}

	private @Nullable Around enter(LockCall call, List<LockCall.Request> requests, JoinedTransactions joined,
			TransactionContext transaction) {
		Set<TransactionSynchronization> all = transaction.getSynchronizations();
		if (all == null || !transaction.isActualTransactionActive()) {
			return null;
		}
		List<TransactionLocks> former = new ArrayList<>();
		for (TransactionSynchronization one : all) {
			if (one instanceof Around before) {
				former.add(before.locks);
				this.kept.addAll(before.locks.kept());
			}
		}
		boolean joins = call.method().release() == ReleasePolicy.AFTER_COMPLETION && !joined.hasItsOwn(call);
		if (joins) {
			joined.permit(call, requests, around());
		}
		Around mine = new Around(new TransactionLocks(this.verified, former), joins);
		if (!joins) {
			mine.locks.settle();
		}
		all.add(mine);
		return mine;
	}

	/**
	 * What keeps the locks until the transaction around has ended, or {@code null} if
	 * they are released with the subscription.
	 */
	@Nullable TransactionLocks joined() {
		return (this.around != null && this.around.joined) ? this.around.locks : null;
	}

	/**
	 * The context of the call around, and in it what the transaction keeps of former
	 * calls.
	 */
	@Nullable LockContext around() {
		return LockContext.keptAround(this.kept, this.outer);
	}

	/**
	 * The Reactor context of the method.
	 */
	Context inside(Context outer, LockContext locks) {
		ReactiveInnerTransactions inside = new ReactiveInnerTransactions(locks, this.verified, this.around);
		this.inside = inside;
		return new ReactiveTransactionalContext(outer, inside);
	}

	/**
	 * Waits for the transactions inside, which go on when the subscription is cancelled.
	 */
	Mono<Void> ended() {
		ReactiveInnerTransactions mine = this.inside;
		return (mine != null) ? Mono.fromFuture(mine::ended, true) : Mono.empty();
	}

	/**
	 * What a transaction knows of a subscription inside of it.
	 */
	private static final class Around implements TransactionSynchronization, Ordered {

		private final TransactionLocks locks;

		private final boolean joined;

		Around(TransactionLocks locks, boolean joined) {
			this.locks = locks;
			this.joined = joined;
		}

		@Override
		public int getOrder() {
			return Ordered.LOWEST_PRECEDENCE;
		}

		@Override
		public Mono<Void> beforeCommit(boolean readOnly) {
			return Mono.fromRunnable(this.locks::ensureHeld);
		}

		@Override
		public Mono<Void> afterCompletion(int status) {
			return Mono.defer(() -> {
				if (this.locks.kept().isEmpty()) {
					return Mono.fromFuture(this.locks::end, true);
				}
				return Mono.fromFuture(this.locks::end, true).publishOn(Schedulers.parallel());
			});
		}

	}

}
