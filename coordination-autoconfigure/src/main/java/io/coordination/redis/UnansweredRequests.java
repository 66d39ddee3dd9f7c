package io.coordination.redis;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;

/**
 * The requests that were sent, or are just being sent, and have no answer. A client that
 * is shut down fails what it knows to be under way, but drops without a word what is
 * handed to it at that moment.
 * <p>
 * <b>Invariant.</b> A request that was added has an answer, or a failure, when
 * {@link #fail} has returned; none is added afterwards. For that, an addition comes
 * before the look whether it is too late, and the end is marked before the additions are
 * looked at: one of the two sees the other.
 */
@SuppressWarnings("CollectionUndefinedEquality") // Each request is equal to itself alone
final class UnansweredRequests {

	private final Set<CompletableFuture<?>> requests = ConcurrentHashMap.newKeySet();

	private volatile @Nullable BackendException end;

	/**
	 * Adds a request that is about to be sent.
	 * @return {@code null}, or why it must not be sent any more
	 */
	@Nullable BackendException add(CompletableFuture<?> request) {
		this.requests.add(request);
		BackendException reason = this.end;
		if (reason != null) {
			this.requests.remove(request);
		}
		return reason;
	}

	/**
	 * Takes a request out that has its answer.
	 */
	void remove(CompletableFuture<?> request) {
		this.requests.remove(request);
	}

	/**
	 * Fails all that have no answer by now.
	 * @param unknown what those hear that were sent
	 * @param tooLate what those hear that come from now on
	 */
	void fail(BackendException unknown, BackendException tooLate) {
		this.end = tooLate;
		this.requests.forEach((request) -> request.completeExceptionally(unknown));
		this.requests.clear();
	}

}
