package io.coordination.backend;

import java.util.concurrent.CompletionStage;

/**
 * A place in the store's queue, of one owner. The engine polls it at an interval no
 * longer than {@link BackendTraits#pollInterval()}; a place that is not polled for twice
 * that time may be passed over, and the next poll joins again at the end.
 */
public interface Waiting {

	/**
	 * The request this place was prepared for.
	 * @return the request given to {@link LockBackend#enqueue}
	 */
	LockRequest request();

	/**
	 * Asks once: joins the queue or keeps the place in it, and takes the lock when it is
	 * free.
	 * @return {@link Attempt.Granted} or {@link Attempt.Busy}
	 */
	CompletionStage<Attempt> poll();

	/**
	 * Forgets the local taker: a grant pushed from now on is a
	 * {@linkplain BackendListener#strayGrant stray} one. Sends nothing; the place in the
	 * store is given up by {@link LockBackend#withdraw}.
	 */
	void close();

}
