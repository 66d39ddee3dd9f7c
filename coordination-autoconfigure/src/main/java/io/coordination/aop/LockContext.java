package io.coordination.aop;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockState;
import io.coordination.lock.event.LockLost;

/**
 * The locks of the innermost {@link DistributedLock} call that the present thread is
 * inside of: for code that a guarded method calls and that needs to know, such as to send
 * the fencing token along.
 * <p>
 * Belongs to the thread for as long as the method runs on it. A method that returns a
 * stage has it only while it makes that stage, not in what is chained to it: there, take
 * the token as a parameter ({@link FencingToken}) or keep what {@link #current()} gave.
 * Reactive code finds it in the Reactor context: {@link ReactiveLockContext}.
 * <p>
 * Immutable, and safe for use by many threads. What it says is of now.
 */
public final class LockContext {

	private static final ThreadLocal<LockContext> present = new ThreadLocal<>();

	private final List<Held> held;

	private final OnLost onLost;

	private final boolean detached;

	private final @Nullable LockContext outer;

	/**
	 * A context.
	 * @param detached whether the locks are not known to their registries as those of the
	 * present thread
	 */
	LockContext(List<Held> held, OnLost onLost, boolean detached, @Nullable LockContext outer) {
		this.held = List.copyOf(held);
		this.onLost = onLost;
		this.detached = detached;
		this.outer = outer;
	}

	/**
	 * A context, and in it what a transaction keeps of calls that have ended: to be
	 * entered again, and checked by the transaction itself.
	 */
	static @Nullable LockContext keptAround(List<Held> kept, @Nullable LockContext context) {
		return kept.isEmpty() ? context : new LockContext(kept, OnLost.IGNORE, true, context);
	}

	/**
	 * The context of the present thread.
	 * @return the innermost one
	 * @throws IllegalStateException if this thread is in no guarded method
	 */
	public static LockContext current() {
		return find().orElseThrow(() -> new IllegalStateException("No @DistributedLock method is running on this thread"
				+ " (a call from within the same object goes past the lock; in reactive code use "
				+ "ReactiveLockContext.current())"));
	}

	/**
	 * The context of the present thread, if it has one.
	 * @return the innermost one, or empty if this thread is in no guarded method
	 */
	public static Optional<LockContext> find() {
		return Optional.ofNullable(present.get());
	}

	/**
	 * Makes this the context of the present thread.
	 * @return what to give to {@link #close} afterwards
	 */
	@Nullable LockContext open() {
		LockContext before = present.get();
		present.set(this);
		return before;
	}

	static void close(@Nullable LockContext before) {
		if (before == null) {
			present.remove();
		}
		else {
			present.set(before);
		}
	}

	/**
	 * The names of the locks.
	 * @return at least one name, in the order in which they were acquired
	 */
	public List<String> names() {
		return this.held.stream().flatMap((one) -> one.handle.names().stream()).toList();
	}

	/**
	 * The fencing token of the lock.
	 * @return the token
	 * @throws IllegalStateException if there are several locks
	 * @see LockHandle#fencingToken()
	 */
	public long fencingToken() {
		if (this.held.size() > 1) {
			throw new IllegalStateException(
					"There are several locks, each with a token of its own: name one of " + names());
		}
		return this.held.get(0).handle.fencingToken();
	}

	/**
	 * The fencing token of one of the locks.
	 * @param name the name of the lock
	 * @return the token
	 * @throws IllegalArgumentException if it is none of the locks
	 */
	public long fencingToken(String name) {
		for (Held one : this.held) {
			Long token = one.handle.fencingTokens().get(name);
			if (token != null) {
				return token;
			}
		}
		throw new IllegalArgumentException("'" + name + "' is none of " + names());
	}

	/**
	 * The state of the locks: that of the worst of them.
	 * @return the state now; costs no request
	 */
	public LockState state() {
		return this.held.stream().map((one) -> one.handle.state()).max(LockState::compareTo).orElseThrow();
	}

	/**
	 * Checks that the locks are ours by the local clock. Call it before a step that
	 * cannot be undone; costs no request.
	 * @throws LockLostException if one of them was lost or released
	 */
	public void ensureHeld() {
		this.held.forEach((one) -> one.handle.ensureHeld());
	}

	/**
	 * Registers what to do when one of the locks is lost.
	 * @param callback what to do, once for each of them that is lost
	 * @see LockHandle#onLost
	 */
	public void onLost(Consumer<LockLost> callback) {
		this.held.forEach((one) -> one.handle.onLost(callback));
	}

	/**
	 * Checks the locks of this call and of those around it, where their loss matters.
	 */
	void ensureAllHeld() {
		for (LockContext context = this; context != null; context = context.outer) {
			if (context.onLost != OnLost.IGNORE) {
				context.ensureHeld();
			}
		}
	}

	/**
	 * Whether this call and those around it hold all of these names now.
	 */
	boolean holds(LockRegistry registry, List<String> names) {
		List<String> missing = new ArrayList<>(names);
		for (LockContext context = this; context != null; context = context.outer) {
			for (Held one : context.held) {
				if (one.registry == registry && one.handle.state() != LockState.RELEASED) {
					missing.removeAll(one.handle.names());
				}
			}
		}
		return missing.isEmpty();
	}

	/**
	 * Retains what calls around hold of these names, where the registry does not know it
	 * to be held by this thread. A call that has ended holds nothing any more: what
	 * outlives it acquires the lock like anybody else.
	 * @return handles to be released
	 * @throws LockLostException if a lock was lost; then nothing is retained
	 */
	List<LockHandle> retain(LockRegistry registry, List<String> names) {
		List<LockHandle> retained = new ArrayList<>();
		for (LockHandle handle : detached(registry, names)) {
			try {
				retained.add(handle.retain());
			}
			catch (LockLostException ex) {
				if (handle.state() != LockState.RELEASED) {
					retained.forEach(LockHandle::releaseAsync);
					throw ex;
				}
			}
		}
		return retained;
	}

	private List<LockHandle> detached(LockRegistry registry, List<String> names) {
		List<LockHandle> found = new ArrayList<>();
		for (LockContext context = this; context != null; context = context.outer) {
			if (context.detached) {
				for (Held one : context.held) {
					if (one.registry == registry && one.handle.names().stream().anyMatch(names::contains)
							&& !found.contains(one.handle)) {
						found.add(one.handle);
					}
				}
			}
		}
		return found;
	}

	@Override
	public String toString() {
		return "Locks " + names();
	}

	/**
	 * What one registry gave to a call.
	 *
	 * @param registry the registry
	 * @param handle the handle of one or several locks
	 */
	record Held(LockRegistry registry, LockHandle handle) {

	}

}
