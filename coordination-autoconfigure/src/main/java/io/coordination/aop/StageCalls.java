package io.coordination.aop;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;

/**
 * Calls that return a stage: their locks are held until it has completed. The caller gets
 * a stage at once and is not blocked; cancelling it ends the wait, or cancels what the
 * method returned.
 */
final class StageCalls {

	private final @Nullable JoinedTransactions transactions;

	private final Supplier<@Nullable Executor> executor;

	/**
	 * Runs calls.
	 * @param transactions what knows of transactions, or {@code null} if the application
	 * has none
	 * @param executor where methods run that had to wait, if not on a thread of the
	 * registry
	 */
	StageCalls(@Nullable JoinedTransactions transactions, Supplier<@Nullable Executor> executor) {
		this.transactions = transactions;
		this.executor = executor;
	}

	@SuppressWarnings("FutureReturnValueIgnored") // It is the caller's
	@Nullable Object run(LockCall call) throws Throwable {
		DetachedLocks locks;
		try {
			List<LockCall.Request> requests = call.requests();
			locks = requests.isEmpty() ? null : locks(call, requests);
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		return (locks != null) ? new Run(call, locks).start() : call.proceedUnlocked();
	}

	private DetachedLocks locks(LockCall call, List<LockCall.Request> requests) {
		JoinedTransactions joined = this.transactions;
		if (joined == null) {
			return new DetachedLocks(call, requests, LockContext.find().orElse(null), null);
		}
		LockContext around = joined.around();
		return new DetachedLocks(call, requests, around, joined.join(call, requests, around));
	}

	/**
	 * One call.
	 * <p>
	 * <b>Invariant.</b> The result completes after the locks were released, except when
	 * its user completes it. Then the wait ends; what the method has returned is
	 * cancelled with the result, and the locks are released when that stage itself has
	 * completed. A call is either entered or given up before, by compare-and-set: the
	 * locks of one that is entered are released by its own end alone.
	 */
	private final class Run {

		private final LockCall call;

		private final DetachedLocks locks;

		private final Thread caller = Thread.currentThread();

		private final CompletableFuture<@Nullable Object> result = new CompletableFuture<>();

		private final AtomicBoolean begunOrGivenUp = new AtomicBoolean();

		private volatile @Nullable CompletionStage<?> body;

		Run(LockCall call, DetachedLocks locks) {
			this.call = call;
			this.locks = locks;
		}

		CompletableFuture<@Nullable Object> start() {
			DetachedLocks.on(this.result, (value, ex) -> completed());
			DetachedLocks.on(this.locks.acquire(), (context, ex) -> {
				if (context != null) {
					dispatch(() -> enter(context));
					return;
				}
				DetachedLocks.on(this.locks.release(), (lost, ignored) -> {
					if (ex instanceof LockNotAcquiredException busy) {
						dispatch(() -> refused(busy));
					}
					else {
						this.result.completeExceptionally((ex != null) ? ex : new IllegalStateException());
					}
				});
			});
			return this.result;
		}

		/** By its user, or at the end of the call, where it does nothing. */
		private void completed() {
			CompletionStage<?> running = this.body;
			if (running != null) {
				cancelIfCancelled(running);
			}
			else if (this.begunOrGivenUp.compareAndSet(false, true)) {
				this.locks.abandon();
			}
		}

		private void cancelIfCancelled(CompletionStage<?> running) {
			if (this.result.isCancelled()) {
				cancel(running);
			}
		}

		private static void cancel(CompletionStage<?> running) {
			try {
				running.toCompletableFuture().cancel(true);
			}
			catch (UnsupportedOperationException ex) {
				// It is awaited
			}
		}

		private void refused(LockNotAcquiredException busy) {
			try {
				Object answer = this.call.answer(busy);
				if (answer instanceof CompletionStage<?> stage) {
					this.body = stage;
					cancelIfCancelled(stage);
					DetachedLocks.on(stage, this::complete);
				}
				else {
					this.result.complete(answer);
				}
			}
			catch (Throwable ex) {
				this.result.completeExceptionally(ex);
			}
		}

		/** On the caller's own thread if it did not have to wait. */
		private void dispatch(Runnable step) {
			try {
				Executor other = (Thread.currentThread() != this.caller) ? StageCalls.this.executor.get() : null;
				if (other != null) {
					other.execute(step);
					return;
				}
			}
			catch (RuntimeException ex) {
				finish(null, ex);
				return;
			}
			step.run();
		}

		private void enter(LockContext context) {
			if (!this.begunOrGivenUp.compareAndSet(false, true)) {
				return;
			}
			CompletionStage<?> running;
			try {
				Object returned = this.call.proceed(context);
				if (!(returned instanceof CompletionStage<?> stage)) {
					throw new IllegalStateException(this.call.method().where() + " returned no stage, but " + returned);
				}
				running = stage;
			}
			catch (Throwable ex) {
				finish(null, ex);
				return;
			}
			this.body = running;
			cancelIfCancelled(running);
			if (this.call.method().onLost() == OnLost.INTERRUPT) {
				context.onLost((event) -> cancel(running));
			}
			DetachedLocks.on(running, this::finish);
		}

		private void finish(@Nullable Object value, @Nullable Throwable failure) {
			DetachedLocks.on(this.locks.release(), (lost, ignored) -> {
				if (lost == null || this.call.method().onLost() == OnLost.IGNORE) {
					complete(value, failure);
				}
				else {
					complete(null, afterLoss(failure, lost));
				}
			});
		}

		private Throwable afterLoss(@Nullable Throwable failure, LockLostException lost) {
			if (failure == null) {
				return lost;
			}
			Throwable cause = (failure instanceof CompletionException && failure.getCause() != null)
					? failure.getCause() : failure;
			if (cause instanceof CancellationException && this.call.method().onLost() == OnLost.INTERRUPT) {
				lost.addSuppressed(cause);
				return lost;
			}
			if (cause != lost) {
				cause.addSuppressed(lost);
			}
			return failure;
		}

		private void complete(@Nullable Object value, @Nullable Throwable failure) {
			if (failure != null) {
				this.result.completeExceptionally(failure);
			}
			else {
				this.result.complete(value);
			}
		}

	}

}
