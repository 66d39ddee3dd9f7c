package io.coordination.lock;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import org.jspecify.annotations.Nullable;

/**
 * What each thread is inside of through {@link LockRegistry#execute},
 * {@link LockRegistry#asLock} and {@link LockRegistry#enter}: the reentrancy of threads,
 * a layer above handles that asks the store nothing.
 * <p>
 * <b>Invariants.</b>
 * <ol>
 * <li>A thread is inside of a lock from when it got it until the last of its uses is
 * over: the calls that are inside, the locks that were not unlocked, and the handles that
 * were entered and not released. An unlock ends a lock and never anything else.
 * <li>Only the thread itself begins a use, but any thread may end one. So the number of
 * uses goes from positive to zero once, and never from zero up: a use is begun by a
 * compare-and-set of a positive number, and fails on an entry that is over, whoever ended
 * it, and however late the thread hears of it. Then the thread is not inside, and
 * acquires the lock like anybody else.
 * <li>Who ends the last use takes the entry off the thread, which is why the map can be
 * changed by others: nothing but an empty map remains on a pooled thread, which never
 * enters a lock of its former work.
 * </ol>
 */
final class ThreadHolds {

	/** One for each registry: the same name in two of them is two locks. */
	@SuppressWarnings("ThreadLocalUsage")
	private final ThreadLocal<Map<String, Entry>> entries = new ThreadLocal<>();

	/**
	 * Uses once more what the present thread is inside of.
	 * @return the entry, or {@code null} if it is not inside
	 * @throws LockLostException if it is, but the lock is not held any more
	 */
	@Nullable Entry enterAgain(String name) {
		Entry entry = find(name);
		if (entry == null || !entry.enter()) {
			return null;
		}
		try {
			entry.handle.ensureHeld();
			return entry;
		}
		catch (LockLostException ex) {
			entry.giveUp();
			throw ex;
		}
	}

	/**
	 * The present thread's entry, which may be over.
	 */
	@Nullable Entry find(String name) {
		Map<String, Entry> mine = this.entries.get();
		return (mine != null) ? mine.get(name) : null;
	}

	/**
	 * Notes what the thread got.
	 * @param handle the handle of one lock
	 * @return the entry, with one use
	 */
	Entry add(LockHandle handle) {
		Map<String, Entry> mine = this.entries.get();
		if (mine == null) {
			mine = new ConcurrentHashMap<>(1);
			this.entries.set(mine);
		}
		Entry entry = new Entry((SingleHandle) handle, mine);
		mine.put(handle.name(), entry);
		return entry;
	}

	/**
	 * A lock that a thread is inside of.
	 */
	static final class Entry {

		private static final AtomicIntegerFieldUpdater<Entry> USES = AtomicIntegerFieldUpdater.newUpdater(Entry.class,
				"uses");

		final SingleHandle handle;

		private final Map<String, Entry> mine;

		private volatile int uses = 1;

		/**
		 * How many of the uses are locks that were not unlocked; for the thread alone.
		 */
		int locks;

		Entry(SingleHandle handle, Map<String, Entry> mine) {
			this.handle = handle;
			this.mine = mine;
		}

		private boolean enter() {
			int known;
			do {
				known = this.uses;
				if (known == 0) {
					return false;
				}
			}
			while (!USES.compareAndSet(this, known, known + 1));
			return true;
		}

		/**
		 * Ends a use.
		 * @return whether it was the last, so that the handle is to be released now
		 */
		boolean leave() {
			if (USES.decrementAndGet(this) > 0) {
				return false;
			}
			this.mine.remove(this.handle.name(), this);
			return true;
		}

		/**
		 * Ends a use, and releases the handle after the last one, without waiting.
		 */
		void giveUp() {
			if (leave()) {
				this.handle.share().release(true);
			}
		}

		/**
		 * What a call that has just come in sees: the handle itself, if nobody else uses
		 * it.
		 */
		LockHandle seen() {
			return (this.uses > 1) ? new InnerHandle(this.handle) : this.handle;
		}

	}

}
