package io.coordination.lock;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What each thread holds through {@link LockRegistry#execute} and
 * {@link LockRegistry#asLock}: the reentrancy of threads, a layer above handles that asks
 * the store nothing.
 * <p>
 * <b>Invariant.</b> An entry is there from when the thread got the lock in a call until
 * that call, or the last unlock, is over. Nothing of it remains on the thread then, so a
 * pooled thread never enters a lock of its former work.
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

	void add(String name, LockHandle handle) {
		Map<String, Entry> mine = this.entries.get();
		if (mine == null) {
			mine = new HashMap<>(4);
			this.entries.set(mine);
		}
		mine.put(name, new Entry(handle));
	}

	void remove(String name) {
		Map<String, Entry> mine = this.entries.get();
		if (mine != null) {
			mine.remove(name);
			if (mine.isEmpty()) {
				this.entries.remove();
			}
		}
	}

	/**
	 * A lock that the thread holds. Used by that thread alone.
	 */
	static final class Entry {

		final LockHandle handle;

		/** How many calls of the thread are inside. */
		int count = 1;

		Entry(LockHandle handle) {
			this.handle = handle;
		}

	}

}
