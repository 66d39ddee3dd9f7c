package io.coordination.lock;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

/**
 * Makes the handles of holds, and notices those that were dropped.
 * <p>
 * <b>Invariant.</b> No way leads from the engine to a handle that the application was
 * given: what is kept of it here, until it is released, is its {@link Share}, which is a
 * phantom reference. So a handle that no code of the application can reach is found by
 * the garbage collector, and its share is given back. The share of a handle that was
 * entered leads to the handle by which its thread holds the lock; it is released with the
 * last use of the thread, and that one is found.
 */
final class Handles {

	private final Engine engine;

	private final Set<Share> watched = ConcurrentHashMap.newKeySet();

	private final ReferenceQueue<LockHandle> dropped = new ReferenceQueue<>();

	Handles(Engine engine) {
		this.engine = engine;
	}

	/**
	 * Makes a handle for a share that the hold has counted.
	 * @param entry the thread's use of the lock that ends with the handle, or
	 * {@code null}
	 */
	SingleHandle of(Hold hold, ThreadHolds.@Nullable Entry entry) {
		SingleHandle handle = new SingleHandle(this.engine, hold, entry, this.dropped);
		this.watched.add(handle.share());
		return handle;
	}

	/**
	 * A share is given back: whether its handle is dropped does not matter any more.
	 */
	void forget(Share share) {
		this.watched.remove(share);
	}

	/**
	 * Releases handles that were dropped.
	 */
	void releaseDropped() {
		Reference<? extends LockHandle> reference;
		while ((reference = this.dropped.poll()) != null) {
			if (reference instanceof Share share) {
				share.releaseDropped();
			}
		}
	}

	/**
	 * Gives back what nobody has used, without waiting: it is free at once, whatever its
	 * minimum hold time.
	 */
	static void giveBack(LockHandle handle) {
		if (handle instanceof SingleHandle single) {
			single.share().release(false);
		}
		else if (handle instanceof MultiHandle several) {
			List<LockHandle> members = several.members();
			for (int i = members.size() - 1; i >= 0; i--) {
				giveBack(members.get(i));
			}
		}
	}

}
