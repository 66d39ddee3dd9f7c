package io.coordination.aop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;

/**
 * The locks that one call leaves to the transaction that it takes part in, until that has
 * ended. They belong to no thread.
 * <p>
 * <b>Invariant.</b> A lock that comes before the end is released by it, and one that
 * comes later is not kept: both are decided under the lock.
 */
final class TransactionLocks {

	private static final Logger logger = LoggerFactory.getLogger(TransactionLocks.class);

	private final boolean verified;

	private final List<TransactionLocks> underWay;

	private final CompletableFuture<@Nullable Void> settled = new CompletableFuture<>();

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private final List<LockContext.Held> kept = new ArrayList<>(1);

	// guarded by lock
	private boolean over;

	/**
	 * No locks yet.
	 * @param verified whether the transaction must not be committed without them
	 * @param former those of earlier calls in the same transaction
	 */
	TransactionLocks(boolean verified, List<TransactionLocks> former) {
		this.verified = verified;
		this.underWay = former.stream().filter((one) -> !one.settled.isDone()).toList();
	}

	/**
	 * Those of earlier calls that were still being acquired.
	 */
	List<TransactionLocks> underWay() {
		return this.underWay;
	}

	/**
	 * Notes that these are acquired, or never will be.
	 */
	void settle() {
		this.settled.complete(null);
	}

	CompletableFuture<@Nullable Void> settled() {
		return this.settled;
	}

	/**
	 * Whether one of these names is kept.
	 */
	boolean keepsAny(LockRegistry registry, List<String> names) {
		return kept().stream()
			.anyMatch((one) -> one.registry() == registry && one.handle().names().stream().anyMatch(names::contains));
	}

	/**
	 * Retains what a call holds, unless the transaction has ended.
	 * @throws io.coordination.lock.LockLostException if one of them is not held any more;
	 * then none is kept
	 */
	void keep(List<LockContext.Held> locks) {
		List<LockContext.Held> retained = new ArrayList<>(locks.size());
		boolean taken = false;
		try {
			for (LockContext.Held one : locks) {
				retained.add(new LockContext.Held(one.registry(), one.handle().retain()));
			}
			taken = take(retained);
		}
		finally {
			if (!taken) {
				DetachedLocks.on(giveUp(retained), (nothing, ex) -> {
					// Never fails
				});
			}
		}
	}

	private boolean take(List<LockContext.Held> retained) {
		this.lock.lock();
		try {
			return !this.over && this.kept.addAll(retained);
		}
		finally {
			this.lock.unlock();
		}
	}

	List<LockContext.Held> kept() {
		this.lock.lock();
		try {
			return List.copyOf(this.kept);
		}
		finally {
			this.lock.unlock();
		}
	}

	boolean verified() {
		return this.verified;
	}

	/**
	 * Checks the locks before a commit, by the local clock.
	 * @throws io.coordination.lock.LockLostException if one of them was lost
	 */
	void ensureHeld() {
		if (this.verified) {
			kept().forEach((one) -> one.handle().ensureHeld());
		}
	}

	/**
	 * Releases all, when the transaction has ended.
	 * @return completes when that is done, never with a failure
	 */
	CompletableFuture<Void> end() {
		List<LockContext.Held> all;
		this.lock.lock();
		try {
			this.over = true;
			all = new ArrayList<>(this.kept);
			this.kept.clear();
		}
		finally {
			this.lock.unlock();
		}
		return giveUp(all);
	}

	private static CompletableFuture<Void> giveUp(List<LockContext.Held> locks) {
		List<LockContext.Held> reversed = new ArrayList<>(locks);
		Collections.reverse(reversed);
		return CompletableFuture
			.allOf(reversed.stream().map((one) -> giveUp(one.handle())).toArray(CompletableFuture[]::new));
	}

	private static CompletableFuture<Boolean> giveUp(LockHandle handle) {
		return handle.releaseAsync().toCompletableFuture().exceptionally((ex) -> {
			logger.warn(ex.getMessage());
			return false;
		});
	}

}
