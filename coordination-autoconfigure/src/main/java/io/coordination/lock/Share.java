package io.coordination.lock;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendLease;
import io.coordination.lock.event.LockLost;

/**
 * The share that one handle has of a {@link Hold}. It is also all that the engine keeps
 * of the handle: the reference by which one that was dropped is found.
 * <p>
 * <b>Invariant.</b> A share is given back once, by compare-and-set of its answer. If
 * others go on with the hold, the handle has an end of its own from then on: RELEASED, or
 * LOST if anybody could have seen that before. The last share has no end of its own, its
 * handle says what became of the hold.
 */
final class Share extends PhantomReference<LockHandle> {

	private static final Logger logger = LoggerFactory.getLogger(Share.class);

	private static final AtomicReferenceFieldUpdater<Share, LockState> END = AtomicReferenceFieldUpdater
		.newUpdater(Share.class, LockState.class, "end");

	private final Engine engine;

	private final Hold hold;

	/** The thread's use of the lock that ends with this share, if there is one. */
	private final ThreadHolds.@Nullable Entry entry;

	private final AtomicReference<@Nullable CompletableFuture<Boolean>> released = new AtomicReference<>();

	private volatile @Nullable LockState end;

	Share(Engine engine, Hold hold, ThreadHolds.@Nullable Entry entry, LockHandle handle,
			ReferenceQueue<LockHandle> dropped) {
		super(handle, dropped);
		this.engine = engine;
		this.hold = hold;
		this.entry = entry;
	}

	Hold hold() {
		return this.hold;
	}

	LockState state() {
		LockState known = this.end;
		if (known != null) {
			return known;
		}
		LockState state = this.hold.state(this.engine.nanoTime());
		if (state == LockState.LOST && this.released.get() != null) {
			end(LockState.LOST);
			known = this.end;
			return (known != null) ? known : state;
		}
		return state;
	}

	Duration remaining() {
		return (this.end != null) ? Duration.ZERO : this.hold.remaining(this.engine.nanoTime());
	}

	void ensureHeld() {
		LockState state = state();
		if (state == LockState.RELEASED) {
			throw releasedBefore();
		}
		if (state == LockState.LOST) {
			throw this.hold.lostException();
		}
	}

	/**
	 * What the store gave. First it becomes this holder's alone, then the hold is
	 * checked, while a release looks at them in the other order: so a lease that is told
	 * of is never passed on.
	 */
	BackendLease lease() {
		this.hold.grant.keepFromOthers();
		ensureHeld();
		return this.hold.grant.lease;
	}

	void onLost(Consumer<LockLost> callback) {
		if (this.end != LockState.RELEASED) {
			this.hold.onLost(this, callback);
		}
	}

	/**
	 * Makes another handle of the hold.
	 * @param entered the thread's use that ends with the new handle, or {@code null}
	 */
	SingleHandle retain(ThreadHolds.@Nullable Entry entered) {
		ensureHeld();
		if (!this.hold.share()) {
			throw releasedBefore();
		}
		return this.engine.handles().of(this.hold, entered);
	}

	/**
	 * Gives the share back. Only the first call does anything, the others get its answer.
	 * @param used whether the lock was of any use to somebody: otherwise it is not kept
	 * for its minimum hold time
	 */
	CompletionStage<Boolean> release(boolean used) {
		CompletableFuture<Boolean> answer = new CompletableFuture<>();
		if (!this.released.compareAndSet(null, answer)) {
			CompletableFuture<Boolean> first = this.released.get();
			return (first != null) ? first : answer;
		}
		this.engine.handles().forget(this);
		if (this.entry != null) {
			this.entry.giveUp();
		}
		// Read while this share keeps the hold from being ended by others
		boolean lost = this.hold.state(this.engine.nanoTime()) == LockState.LOST;
		if (this.hold.unshare()) {
			this.hold.end(used, answer);
			return answer;
		}
		this.hold.forgetCallbacks(this);
		end(lost ? LockState.LOST : LockState.RELEASED);
		answer.complete(this.end == LockState.RELEASED);
		return answer;
	}

	/**
	 * Gives the share of a handle back that nobody can reach any more.
	 */
	void releaseDropped() {
		if (this.released.get() != null) {
			return;
		}
		logger.warn("Lock '{}' (token {}) was dropped without being released, it is released now: "
				+ "close every handle, best with try-with-resources", this.hold.name(), this.hold.token);
		Answers.on(release(true), (ours, failure) -> {
			if (failure != null) {
				logger.warn(failure.getMessage());
			}
		});
	}

	private LockLostException releasedBefore() {
		return new LockLostException("Lock '" + this.hold.name() + "' is not held: it was released before");
	}

	@SuppressWarnings("NullAway") // The type of the updater cannot say that there may be
									// nothing yet
	private void end(LockState state) {
		END.compareAndSet(this, null, state);
	}

}
