package io.coordination.lock;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What each thread holds through {@link LockRegistry#execute} and
 * {@link LockRegistry#asLock}: the reentrancy of threads, a layer above handles that asks
 * the store nothing.
 * <p>
 * <b>Invariant.</b> A thread holds a lock from when it got it until the last of its uses
 * is over: the calls that are inside, and the locks that were not unlocked. An unlock
 * ends a lock and never a call. Nothing remains on the thread then, so a pooled thread
 * never enters a lock of its former work.
 */
final class ThreadHolds {

	/** One for each registry: the same name in two of them is two locks. */
	@SuppressWarnings("ThreadLocalUsage")
	private final ThreadLocal<Map<String, Entry>> entries = new ThreadLocal<>();

	/**
	 * The present thread's entry, if it has one.
	 * @throws LockLostException if it has one that is not held any more
	 */
	@Nullable Entry held(String name) {
		Entry entry = find(name);
		if (entry != null) {
			entry.handle.ensureHeld();
		}
		return entry;
	}

	@Nullable Entry find(String name) {
		Map<String, Entry> mine = this.entries.get();
		return (mine != null) ? mine.get(name) : null;
	}

	/**
	 * Notes what the thread got.
	 * @param handle the handle of one lock
	 * @return the entry, without a use
	 */
	Entry add(LockHandle handle) {
		Map<String, Entry> mine = this.entries.get();
		if (mine == null) {
			mine = new HashMap<>(4);
			this.entries.set(mine);
		}
		Entry entry = new Entry(handle);
		mine.put(handle.name(), entry);
		return entry;
	}

	/**
	 * Forgets an entry that has no use any more.
	 * @return whether it is to be released now
	 */
	boolean isOver(Entry entry) {
		if (entry.calls + entry.locks > 0) {
			return false;
		}
		Map<String, Entry> mine = this.entries.get();
		if (mine != null) {
			mine.remove(entry.handle.name(), entry);
			if (mine.isEmpty()) {
				this.entries.remove();
			}
		}
		return true;
	}

	/**
	 * A lock that the thread holds. Used by that thread alone.
	 */
	static final class Entry {

		final LockHandle handle;

		/** How many calls of {@link LockRegistry#execute} are inside. */
		int calls;

		/** How many times it was locked and not unlocked. */
		int locks;

		Entry(LockHandle handle) {
			this.handle = handle;
		}

		/**
		 * What a call that has just come in sees: the handle itself, if nobody else uses
		 * it.
		 */
		LockHandle seen() {
			return (this.calls + this.locks > 1) ? new InnerHandle(this.handle) : this.handle;
		}

	}

}
