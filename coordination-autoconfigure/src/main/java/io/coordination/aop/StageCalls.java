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
		return (joined != null) ? new DetachedLocks(call, requests, joined.around(), joined.join(call))
				: new DetachedLocks(call, requests, LockContext.find().orElse(null), null);
	}

	/**
	 * One call.
	 * <p>
	 * <b>Invariant.</b> The result completes after the locks were released, except when
	 * its user cancels it: then what the method returned is cancelled, and the locks are
	 * released when that has completed. A call is either entered or cancelled before, by
	 * compare-and-set: the locks of one that is entered are released by its own end
	 * alone.
	 */
	private final class Run {

		private final LockCall call;

		private final DetachedLocks locks;

		private final Thread caller = Thread.currentThread();

		private final CompletableFuture<@Nullable Object> result = new CompletableFuture<>();

		private final AtomicBoolean begunOrCancelled = new AtomicBoolean();

		private volatile @Nullable CompletableFuture<?> body;

		Run(LockCall call, DetachedLocks locks) {
			this.call = call;
			this.locks = locks;
		}

		CompletableFuture<@Nullable Object> start() {
			DetachedLocks.on(this.result, (value, ex) -> {
				if (this.result.isCancelled()) {
					cancelled();
				}
			});
			DetachedLocks.on(this.locks.acquire(), (context, ex) -> {
				if (context == null) {
					this.locks.abandon();
					refused(ex);
				}
				else {
					dispatch(context);
				}
			});
			return this.result;
		}

		private void cancelled() {
			CompletableFuture<?> running = this.body;
			if (running != null) {
				running.cancel(true);
			}
			else if (this.begunOrCancelled.compareAndSet(false, true)) {
				this.locks.abandon();
			}
		}

		private void refused(@Nullable Throwable failure) {
			if (!(failure instanceof LockNotAcquiredException busy)) {
				this.result.completeExceptionally((failure != null) ? failure : new IllegalStateException());
				return;
			}
			try {
				Object answer = this.call.answer(busy);
				if (answer instanceof CompletionStage<?> stage) {
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
		private void dispatch(LockContext context) {
			Executor other = (Thread.currentThread() != this.caller) ? StageCalls.this.executor.get() : null;
			if (other == null) {
				enter(context);
				return;
			}
			try {
				other.execute(() -> enter(context));
			}
			catch (RuntimeException ex) {
				finish(null, ex);
			}
		}

		private void enter(LockContext context) {
			if (!this.begunOrCancelled.compareAndSet(false, true)) {
				return;
			}
			CompletableFuture<?> running;
			try {
				Object returned = this.call.proceed(context);
				if (!(returned instanceof CompletionStage<?> stage)) {
					throw new IllegalStateException(this.call.method().where() + " returned no stage, but " + returned);
				}
				running = stage.toCompletableFuture();
			}
			catch (Throwable ex) {
				finish(null, ex);
				return;
			}
			this.body = running;
			if (this.result.isCancelled()) {
				running.cancel(true);
			}
			if (this.call.method().onLost() == OnLost.INTERRUPT) {
				context.onLost((event) -> running.cancel(true));
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
