package io.coordination.lock;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import io.coordination.backend.BackendLease;
import io.coordination.lock.event.LockLost;

/**
 * A lock that was granted, or several that were granted together. Owned by whoever has
 * the handle: any thread may use and release it. A handle that is dropped without being
 * released is found by the garbage collector, reported in the log and released.
 * <p>
 * A handle of several names answers for all of them: its state is the worst of its
 * members, its remaining validity the least.
 * <p>
 * This type is safe for use by many threads.
 */
public interface LockHandle extends AutoCloseable {

	/**
	 * The name of the lock; of several, the names in the order of acquisition, separated
	 * by a comma.
	 * @return the name for people
	 */
	String name();

	/**
	 * The names of the locks, in the order in which they were acquired.
	 * @return at least one name
	 */
	List<String> names();

	/**
	 * The fencing token: a positive number, larger than those of all earlier holders of
	 * this name. Send it along with what you write, and let the resource refuse smaller
	 * ones than it has seen. See Kleppmann, <i>How to do distributed locking</i>, 2016.
	 * @return the token
	 * @throws IllegalStateException if this handle holds several names; see
	 * {@link #fencingTokens()}
	 */
	long fencingToken();

	/**
	 * The fencing token of each name. Tokens of different names cannot be compared.
	 * @return the tokens, in the order of {@link #names()}
	 */
	Map<String, Long> fencingTokens();

	/**
	 * What the store gave, one lease for each name: for code that talks to that store
	 * itself and has it check the lease with what it writes. From then on the leases are
	 * this holder's alone: on release they go back to the store, and no other caller of
	 * this process is handed them.
	 * @return the leases, in the order of {@link #names()}
	 * @throws LockLostException if the lock was lost or released
	 */
	List<BackendLease> leases();

	/**
	 * The state now. Computed when called, from a monotonic clock; costs no request.
	 * {@link LockState#LOST} and {@link LockState#RELEASED} are final.
	 * @return the state
	 */
	LockState state();

	/**
	 * How long the lock is surely ours if nothing is heard from the store any more.
	 * Local, costs no request.
	 * @return the remaining time, zero if the lock is lost or released
	 */
	Duration remainingValidity();

	/**
	 * Checks that the lock is ours by the local clock. Call it before a step that cannot
	 * be undone.
	 * @throws LockLostException if the lock was lost or released
	 */
	void ensureHeld();

	/**
	 * Asks the store whether the lock is still ours.
	 * @return a stage that completes with {@code false} if it is not, or exceptionally
	 * with {@link LockBackendException} if the store cannot be asked
	 */
	CompletionStage<Boolean> verify();

	/**
	 * Registers what to do when the lock is lost. Runs once, on a thread of the registry,
	 * and before others may be given the lock wherever this process runs; at once if it
	 * is lost already. A release in time ends the registration; one that finds the lock
	 * gone runs the callback, too.
	 * @param callback what to do; what it throws is logged
	 */
	void onLost(Consumer<LockLost> callback);

	/**
	 * Makes another handle of the same lock, for somebody else who needs it to stay: it
	 * is given up when all handles of it were released, this one and all that were
	 * retained, in any order and by any threads. Costs no request. The new handle has the
	 * same fencing token, as it is the same holder; it is released apart from this one,
	 * and like this one it is found and reported when it is dropped.
	 * @return a handle of its own, to be released by whoever gets it
	 * @throws LockLostException if the lock was lost, or this handle was released; then
	 * nothing is retained
	 */
	LockHandle retain();

	/**
	 * Gives the lock up. Repeated calls answer as the first one did, without asking
	 * again.
	 * <p>
	 * Waits for the store's answer, or with asynchronous release for nothing. An
	 * interrupt does not stop it; the flag is kept.
	 * <p>
	 * While other handles of the same lock are not released ({@link #retain()}), this
	 * ends this handle only, asks nothing of the store, and tells whether the lock is
	 * still ours.
	 * @return {@code false} if the lock was not ours any more
	 * @throws LockBackendException if the store cannot be asked; the release is repeated
	 * in the background until the lease has ended
	 * @throws LockOutcomeUnknownException if the store did not say whether the lock was
	 * still ours
	 */
	boolean release();

	/**
	 * Gives the lock up like {@link #release()}, without waiting.
	 * @return a stage that completes with what {@link #release()} returns or throws
	 */
	CompletionStage<Boolean> releaseAsync();

	/**
	 * Gives the lock up like {@link #release()}, but throws nothing: what goes wrong is
	 * logged and counted, so that it does not hide an exception of the guarded code.
	 */
	@Override
	void close();

}
