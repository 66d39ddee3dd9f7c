package io.coordination.lock;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * How a thread gets into locks: what it is inside of already costs nothing, the rest is
 * acquired. All of it or none.
 */
final class Entrance {

	private final LockRegistry registry;

	private final ThreadHolds holds;

	Entrance(LockRegistry registry, ThreadHolds holds) {
		this.registry = registry;
		this.holds = holds;
	}

	/**
	 * Uses each name once, until that is {@linkplain #leave left}.
	 * @return an entry for each name
	 */
	List<ThreadHolds.Entry> use(LockSpec spec) throws InterruptedException {
		List<ThreadHolds.Entry> entries = new ArrayList<>(1);
		boolean inside = false;
		try {
			List<String> missing = useAgain(spec, entries);
			if (!missing.isEmpty()) {
				LockHandle acquired = acquire(spec, missing, entries);
				members(acquired).forEach((member) -> entries.add(this.holds.add(member)));
			}
			inside = true;
			return entries;
		}
		finally {
			if (!inside) {
				entries.forEach(ThreadHolds.Entry::giveUp);
			}
		}
	}

	private List<String> useAgain(LockSpec spec, List<ThreadHolds.Entry> entries) {
		List<String> missing = new ArrayList<>(1);
		for (String name : spec.names()) {
			ThreadHolds.Entry entry = this.holds.enterAgain(name);
			if (entry != null) {
				entries.add(entry);
			}
			else {
				missing.add(name);
			}
		}
		return missing;
	}

	private LockHandle acquire(LockSpec spec, List<String> missing, List<ThreadHolds.Entry> entries)
			throws InterruptedException {
		if (entries.isEmpty()) {
			return this.registry.acquire(spec);
		}
		LockHandle acquired = this.registry.acquire(spec.forNames(missing));
		try {
			entries.forEach((entry) -> entry.handle.ensureHeld());
			return acquired;
		}
		catch (LockLostException ex) {
			Handles.giveBack(acquired);
			throw ex;
		}
	}

	/**
	 * Ends a use of each.
	 * @return the handle of what is to be released now, or {@code null} if there is none
	 */
	static @Nullable LockHandle leave(List<ThreadHolds.Entry> entries) {
		List<LockHandle> over = new ArrayList<>(1);
		for (ThreadHolds.Entry entry : entries) {
			if (entry.leave()) {
				over.add(entry.handle);
			}
		}
		return over.isEmpty() ? null : joined(over);
	}

	/**
	 * Uses each name once, until the handle is released.
	 */
	LockHandle enter(LockSpec spec) throws InterruptedException {
		List<ThreadHolds.Entry> entries = use(spec);
		List<LockHandle> handles = new ArrayList<>(entries.size());
		try {
			entries.forEach((entry) -> handles.add(entry.handle.retain(entry)));
			return joined(handles);
		}
		catch (LockLostException ex) {
			handles.forEach(LockHandle::releaseAsync);
			entries.subList(handles.size(), entries.size()).forEach(ThreadHolds.Entry::giveUp);
			throw ex;
		}
	}

	/**
	 * Retains what the thread is inside of, and acquires the rest.
	 */
	CompletionStage<LockHandle> enterAsync(LockSpec spec) {
		List<LockHandle> retained = new ArrayList<>(1);
		List<String> missing;
		try {
			missing = retain(spec, retained);
		}
		catch (LockLostException ex) {
			retained.forEach(LockHandle::releaseAsync);
			return CompletableFuture.failedFuture(ex);
		}
		if (retained.isEmpty()) {
			return this.registry.acquireAsync(spec);
		}
		LockHandle held = joined(retained);
		return missing.isEmpty() ? CompletableFuture.completedFuture(held)
				: complete(held, this.registry.acquireAsync(spec.forNames(missing)).toCompletableFuture());
	}

	private List<String> retain(LockSpec spec, List<LockHandle> retained) {
		List<String> missing = new ArrayList<>(1);
		for (String name : spec.names()) {
			ThreadHolds.Entry entry = this.holds.enterAgain(name);
			if (entry == null) {
				missing.add(name);
				continue;
			}
			try {
				retained.add(entry.handle.retain());
			}
			finally {
				entry.giveUp();
			}
		}
		return missing;
	}

	/**
	 * Waits for the rest. What was retained and what is acquired has one taker: who
	 * completes the future, or, if somebody else did that, nobody.
	 */
	private static CompletableFuture<LockHandle> complete(LockHandle held, CompletableFuture<LockHandle> rest) {
		CompletableFuture<LockHandle> all = new CompletableFuture<>();
		Answers.on(rest, (acquired, failure) -> {
			if (acquired == null) {
				held.releaseAsync();
				all.completeExceptionally((failure != null) ? failure : new IllegalStateException("No handle"));
				return;
			}
			List<LockHandle> members = new ArrayList<>(members(held));
			members.addAll(members(acquired));
			try {
				held.ensureHeld();
				if (all.complete(new MultiHandle(members))) {
					return;
				}
			}
			catch (LockLostException ex) {
				all.completeExceptionally(ex);
			}
			Handles.giveBack(acquired);
			held.releaseAsync();
		});
		Answers.on(all, (handle, failure) -> rest.cancel(false));
		return all;
	}

	private static List<LockHandle> members(LockHandle handle) {
		return (handle instanceof MultiHandle several) ? several.members() : List.of(handle);
	}

	static LockHandle joined(List<LockHandle> parts) {
		return (parts.size() == 1) ? parts.get(0) : new MultiHandle(parts);
	}

}
