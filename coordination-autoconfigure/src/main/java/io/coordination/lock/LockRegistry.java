package io.coordination.lock;

import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Lock;

import org.jspecify.annotations.Nullable;

/**
 * Gives distributed locks. One bean of this type, named {@code coordinationLockRegistry},
 * is all an application needs.
 * <p>
 * A lock is owned by the {@link LockHandle} that was given, not by a thread: any thread
 * may release it. Every grant carries a fencing token that is larger than those of all
 * earlier holders of the same name. Waits are bounded by {@link LockSpec#waitTime()}, or
 * by the registry's default.
 * <p>
 * This type is safe for use by many threads, platform and virtual.
 * <p>
 * All methods that acquire throw, or complete with, one of these and never mistake one
 * for the other: {@link LockNotAcquiredException} (somebody else holds it),
 * {@link LockBackendException} (the store cannot be asked),
 * {@link LockOutcomeUnknownException} (the store may have granted it, but did not say so
 * in time; the grant is given back in the background),
 * {@link LockRegistryStoppedException} (this registry does not run).
 */
public interface LockRegistry {

	/**
	 * Acquires a lock, waiting for it if need be.
	 * @param spec what to lock, and how
	 * @return the held lock; to be closed by the caller
	 * @throws InterruptedException if the thread is interrupted while waiting; the lock
	 * is not held then
	 * @throws LockNotAcquiredException if others hold the lock for the whole wait time
	 * @throws LockBackendException if the store cannot be asked
	 */
	LockHandle acquire(LockSpec spec) throws InterruptedException;

	/**
	 * Acquires one lock with the defaults of this registry.
	 * @param name the name of the lock
	 * @return the held lock; to be closed by the caller
	 * @throws InterruptedException if the thread is interrupted while waiting; the lock
	 * is not held then
	 * @throws LockNotAcquiredException if others hold the lock for the whole wait time
	 * @throws LockBackendException if the store cannot be asked
	 * @throws LockKeyException if the name cannot be the name of a lock
	 */
	default LockHandle acquire(String name) throws InterruptedException {
		return acquire(LockSpec.of(name));
	}

	/**
	 * Acquires a lock like {@link #acquire(LockSpec)}, but answers empty when it is busy.
	 * The wait time of the spec applies here too; {@link LockSpec#withoutWaiting()} asks
	 * once.
	 * @param spec what to lock, and how
	 * @return the held lock, or empty if others hold it for the whole wait time
	 * @throws InterruptedException if the thread is interrupted while waiting; the lock
	 * is not held then
	 * @throws LockBackendException if the store cannot be asked
	 */
	Optional<LockHandle> tryAcquire(LockSpec spec) throws InterruptedException;

	/**
	 * Acquires a lock without holding a thread while waiting. The stage completes on a
	 * thread of this registry.
	 * <p>
	 * The returned stage is a {@link java.util.concurrent.CompletableFuture}: cancelling
	 * <em>it</em> abandons the wait, and a grant that comes later is given back.
	 * Completing it otherwise does the same. Cancelling a stage derived from it does not,
	 * as always with completable futures. What can be wrong with a spec fails the stage.
	 * @param spec what to lock, and how
	 * @return a stage that completes with the held lock
	 */
	CompletionStage<LockHandle> acquireAsync(LockSpec spec);

	/**
	 * Runs an action while holding a lock. The calling thread may already be inside an
	 * {@code execute} or hold {@link #asLock} of the same name: then the action runs at
	 * once, at no cost, if that hold is still good. The action never runs without the
	 * lock.
	 * @param spec what to lock, and how
	 * @param action what to run
	 * @param <T> the type of the result
	 * @param <E> the checked exception of the action
	 * @return what the action returned
	 * @throws E if the action throws it
	 * @throws InterruptedException if the thread is interrupted while waiting for the
	 * lock; the action did not run
	 * @throws LockNotAcquiredException if others hold the lock for the whole wait time;
	 * the action did not run
	 * @throws LockBackendException if the store cannot be asked; the action did not run
	 * @throws LockLostException if the action returned, but the lock was lost before it
	 * did. An exception of the action comes first; it then carries this one as suppressed
	 */
	<T extends @Nullable Object, E extends Exception> T execute(LockSpec spec, LockedAction<T, E> action)
			throws E, InterruptedException;

	/**
	 * Acquires a lock for the calling thread, until the handle is released: for a lock
	 * that outlasts a method, such as until the end of a transaction. Names that this
	 * thread is inside of already ({@link #execute}, {@link #asLock} or this method) are
	 * entered again at no cost, and while the handle is not released, the thread enters
	 * them again the same way.
	 * <p>
	 * Any thread may release the handle. The lock is given up with the last of its uses;
	 * the thread that entered holds nothing any more then. A handle that is not released
	 * keeps the lock, and the thread inside of it. {@link LockSpec#withInterruptOnLoss()
	 * Interrupting on loss} does not apply.
	 * @param spec what to lock, and how
	 * @return the held lock; to be released by whoever ends its use
	 * @throws InterruptedException if the thread is interrupted while waiting; nothing
	 * was entered then
	 * @throws LockNotAcquiredException if others hold the lock for the whole wait time
	 * @throws LockBackendException if the store cannot be asked
	 * @throws LockLostException if the thread is inside of it and it was lost
	 */
	LockHandle enter(LockSpec spec) throws InterruptedException;

	/**
	 * Acquires a lock for work that goes on after the calling thread left it. Names that
	 * this thread is inside of ({@link #execute}, {@link #asLock} or {@link #enter}) are
	 * {@linkplain LockHandle#retain() retained}: they are given up when the thread and
	 * the handle given here have released them. The others are acquired as
	 * {@link #acquireAsync} does it.
	 * <p>
	 * The handle belongs to no thread: nothing is entered again by it. Cancelling the
	 * returned {@link java.util.concurrent.CompletableFuture} gives everything back, what
	 * was retained as well. What can be wrong with a spec, or with what the thread is
	 * inside of, fails the stage.
	 * @param spec what to lock, and how
	 * @return a stage that completes with the held lock
	 */
	CompletionStage<LockHandle> enterAsync(LockSpec spec);

	/**
	 * A {@link Lock} view of one name, reentrant for each thread; an inner acquire costs
	 * no request. Views of the same name from the same registry are one lock.
	 * <p>
	 * {@link Lock#lock()} waits without bound and without reacting to interrupts, as its
	 * contract says. A lock that was lost meanwhile throws {@link LockLostException} from
	 * {@link Lock#unlock()} and from an inner acquire. Conditions are not supported.
	 * @param name the name of the lock
	 * @return the view; costs nothing to make
	 * @throws LockKeyException if the name cannot be the name of a lock
	 */
	Lock asLock(String name);

	/**
	 * The locks held through this registry now: a snapshot for people, not for decisions.
	 * @return the held locks, in no particular order
	 */
	Collection<HeldLock> held();

}
