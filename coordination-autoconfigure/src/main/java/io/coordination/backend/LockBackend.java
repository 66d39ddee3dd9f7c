package io.coordination.backend;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletionStage;

/**
 * One open connection to a store that can keep locks. Made by a
 * {@link LockBackendFactory}, used by one engine, closed once.
 * <p>
 * <b>One request gives one answer.</b> An implementation has no loop, sleep, retry,
 * schedule or wall clock of its own. Every operation is idempotent for the same
 * {@link OwnerId}: the engine mints one owner per acquisition, never uses it again
 * afterwards, and repeats a request whose answer was lost.
 * <p>
 * <b>Outcomes.</b> What the store says is a value ({@link Attempt}, {@link Renewal}, a
 * boolean). A store that cannot be asked completes the stage with a
 * {@link BackendException}, which says whether the request may have had an effect. No
 * method throws for such a reason and none blocks; each stage completes within
 * {@link BackendTraits#requestTimeout()} or soon after.
 * <p>
 * Implementations are safe for use by many threads. Stages may complete on a thread of
 * the client library; the engine does nothing long there.
 */
public interface LockBackend extends AutoCloseable {

	/**
	 * The promises of this store.
	 * @return the same value for the whole life of the backend
	 */
	BackendTraits traits();

	/**
	 * Asks once, and joins no queue. Repeated by the present owner it answers the same
	 * grant with its lease armed anew (never shortened).
	 * @param request what is wanted
	 * @return {@link Attempt.Granted} or {@link Attempt.Busy}
	 */
	CompletionStage<Attempt> tryAcquire(LockRequest request);

	/**
	 * Prepares a place in the store's own queue. Nothing is sent before the first
	 * {@link Waiting#poll()}, so that a pushed grant always finds its taker.
	 * @param request what is wanted
	 * @param listener told when the store makes this request the owner on its own
	 * @return the place, not yet joined
	 */
	Waiting enqueue(LockRequest request, GrantListener listener);

	/**
	 * Gives a lease up and joins the queue with a new owner behind everyone who waits
	 * there already, in one request.
	 * @param lease the lease to give up
	 * @param next a place of this backend for the same key, not yet polled
	 * @return whether the old lease was still ours, and the answer to the new owner
	 * @throws IllegalArgumentException if the place is for another key
	 */
	CompletionStage<Rotation> rotate(BackendLease lease, Waiting next);

	/**
	 * Arms leases anew, in as few requests as the store allows. A lease is never
	 * shortened, so a {@code duration} of zero only asks which are still ours.
	 * @param leases the leases to renew, of any keys
	 * @param duration the time after which the lease ends if it is not renewed again
	 * @return which are still ours, which are not; a lease in neither set could not be
	 * asked about
	 */
	CompletionStage<Renewal> renew(Collection<? extends BackendLease> leases, Duration duration);

	/**
	 * Gives a lease up. Idempotent: a lease that is gone is left alone, and so is its
	 * successor.
	 * @param lease the lease to give up
	 * @param keepFor how long the key stays taken by nobody (minimum hold time); zero
	 * frees it at once; in whole milliseconds, never cut short. Other than zero it fails,
	 * without an effect, where locks end with a {@linkplain BackendTraits.Expiry#SESSION
	 * session}
	 * @return {@code false} when the lease was no longer ours
	 */
	CompletionStage<Boolean> release(BackendLease lease, Duration keepFor);

	/**
	 * Ends everything that an owner may have in the store: its place in the queue and, if
	 * it was granted, its lease.
	 * @param request the request of the owner that gave up
	 * @return {@code true} when the owner turned out to hold the lock and it was released
	 */
	CompletionStage<Boolean> withdraw(LockRequest request);

	/**
	 * Asks the store whether it is reachable and fit for locks. Used at start-up and by
	 * health checks. May first wait for a connection, for as long as that is configured
	 * to take.
	 * @return warnings for people, empty when all is well
	 */
	CompletionStage<Collection<String>> check();

	/**
	 * Closes what was opened for this backend and nothing else. What the store holds
	 * stays there until its lease ends. Idempotent; throws nothing.
	 */
	@Override
	void close();

}
