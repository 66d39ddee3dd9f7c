package io.coordination.aop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;

/**
 * The locks of a call that goes on after its method has returned: acquired without
 * blocking a thread, and owned by no thread.
 * <p>
 * <b>Invariant.</b> Each handle that comes is either in the list, to be released by
 * {@link #release}, or comes after it, and is released by whoever brings it: both are
 * decided under the lock. So nothing remains held after the release, also when the grant
 * and the release meet.
 * <p>
 * An earlier call in the same transaction that gets a lock first keeps it until the end
 * of the transaction. Who waits for it in the same transaction enters it again then.
 */
final class DetachedLocks {

	private static final Logger logger = LoggerFactory.getLogger(DetachedLocks.class);

	private final LockCall call;

	private final List<LockCall.Request> requests;

	private final @Nullable LockContext around;

	private final @Nullable TransactionLocks transaction;

	private final CompletableFuture<LockContext> acquired = new CompletableFuture<>();

	private final CompletableFuture<@Nullable LockLostException> released = new CompletableFuture<>();

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private final List<LockContext.Held> held = new ArrayList<>(1);

	// guarded by lock
	private @Nullable CompletableFuture<LockHandle> pending;

	// guarded by lock
	private boolean over;

	/**
	 * Locks that nothing was done for yet.
	 * @param around the context of the call around, whose locks are joined
	 * @param transaction what keeps the locks until the caller's transaction has ended,
	 * or {@code null} if they are released with the call
	 */
	DetachedLocks(LockCall call, List<LockCall.Request> requests, @Nullable LockContext around,
			@Nullable TransactionLocks transaction) {
		this.transaction = transaction;
		this.call = call;
		this.requests = requests;
		this.around = around;
	}

	/**
	 * Acquires all, in order and within one wait time.
	 * @return completes with the context of the call, or with why there is none; may do
	 * so before this returns
	 */
	CompletableFuture<LockContext> acquire() {
		on(this.acquired, (context, ex) -> settle());
		acquire(0, this.call.method().terms().waitTime());
		return this.acquired;
	}

	private void settle() {
		if (this.transaction != null) {
			this.transaction.settle();
		}
	}

	private void acquire(int next, @Nullable Duration wait) {
		if (next == this.requests.size()) {
			entered();
			return;
		}
		LockCall.Request request = this.requests.get(next);
		try {
			List<String> missing = join(request);
			if (missing.isEmpty()) {
				acquireNext(next + 1);
				return;
			}
			CompletableFuture<LockHandle> stage = request.registry()
				.enterAsync(this.call.method().terms().spec(missing, wait))
				.toCompletableFuture();
			if (!waitFor(stage)) {
				stage.cancel(true);
			}
			AtomicBoolean kept = new AtomicBoolean();
			on(stage, (handle, ex) -> {
				if (handle != null) {
					if (keep(new LockContext.Held(request.registry(), handle))) {
						acquireNext(next + 1);
					}
				}
				else if (kept.get() && !isOver()) {
					acquireNext(next);
				}
				else {
					this.acquired.completeExceptionally((ex != null) ? ex : new IllegalStateException());
				}
			});
			for (TransactionLocks former : underWay()) {
				on(former.settled(), (none, ex) -> {
					if (former.keepsAny(request.registry(), missing)) {
						kept.set(true);
						stage.cancel(true);
					}
				});
			}
		}
		catch (RuntimeException ex) {
			this.acquired.completeExceptionally(ex);
		}
	}

	private void acquireNext(int next) {
		acquire(next, this.call.left(this.call.method().terms().waitTime()));
	}

	private List<TransactionLocks> underWay() {
		return (this.transaction != null) ? this.transaction.underWay() : List.of();
	}

	private void entered() {
		List<LockContext.Held> mine = snapshot();
		try {
			if (this.transaction != null) {
				this.transaction.keep(mine);
				this.transaction.settle();
			}
			this.acquired.complete(new LockContext(mine, this.call.method().onLost(), true, this.around));
		}
		catch (LockLostException ex) {
			this.acquired.completeExceptionally(isOver() ? new CancellationException() : ex);
		}
	}

	private boolean isOver() {
		this.lock.lock();
		try {
			return this.over;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Retains what a call around holds already.
	 * @return the names that are to be acquired
	 */
	private List<String> join(LockCall.Request request) {
		List<LockContext.Held> kept = underWay().stream().flatMap((former) -> former.kept().stream()).toList();
		LockContext present = LockContext.keptAround(kept, this.around);
		if (present == null) {
			return request.names();
		}
		List<String> missing = new ArrayList<>(request.names());
		for (LockHandle handle : present.retain(request.registry(), request.names())) {
			keep(new LockContext.Held(request.registry(), handle));
			missing.removeAll(handle.names());
		}
		return missing;
	}

	private boolean waitFor(CompletableFuture<LockHandle> stage) {
		this.lock.lock();
		try {
			this.pending = stage;
			return !this.over;
		}
		finally {
			this.lock.unlock();
		}
	}

	private boolean keep(LockContext.Held one) {
		this.lock.lock();
		try {
			if (!this.over) {
				this.held.add(one);
				return true;
			}
		}
		finally {
			this.lock.unlock();
		}
		on(one.handle().releaseAsync(), (ours, ex) -> {
			// Nothing was done under it
		});
		return false;
	}

	private List<LockContext.Held> snapshot() {
		this.lock.lock();
		try {
			return List.copyOf(this.held);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Gives everything up: what is held, and what is being acquired. Only the first call
	 * does anything, the others get its answer.
	 * @return completes with the loss of a lock, or with {@code null} when none was lost
	 */
	CompletableFuture<@Nullable LockLostException> release() {
		List<LockContext.Held> all;
		CompletableFuture<LockHandle> waitedFor;
		this.lock.lock();
		try {
			if (this.over) {
				return this.released;
			}
			this.over = true;
			all = new ArrayList<>(this.held);
			waitedFor = this.pending;
		}
		finally {
			this.lock.unlock();
		}
		if (waitedFor != null) {
			waitedFor.cancel(true);
		}
		Collections.reverse(all);
		on(this.call.ended(), (none, ex) -> release(all, 0, null));
		return this.released;
	}

	/**
	 * Gives everything up, where nobody waits for it.
	 */
	void abandon() {
		on(release(), (lost, ex) -> {
			// A loss was told of, and no work of this call depends on it
		});
	}

	private void release(List<LockContext.Held> all, int next, @Nullable LockLostException lost) {
		if (next == all.size()) {
			this.released.complete(lost);
			return;
		}
		LockHandle handle = all.get(next).handle();
		on(handle.releaseAsync(), (ours, ex) -> {
			if (ex != null) {
				logger.warn(ex.getMessage());
			}
			release(all, next + 1, Boolean.FALSE.equals(ours) ? lost(handle) : lost);
		});
	}

	private LockLostException lost(LockHandle handle) {
		return new LockLostException(
				"Lock '" + handle.name() + "' was lost before " + this.call.method().where() + " had ended");
	}

	static <T extends @Nullable Object> void on(CompletionStage<T> stage,
			BiConsumer<@Nullable T, @Nullable Throwable> reaction) {
		stage.whenComplete(reaction);
	}

}
