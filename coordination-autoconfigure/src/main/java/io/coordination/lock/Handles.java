package io.coordination.lock;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the handles of holds, and notices those that were dropped.
 * <p>
 * <b>Invariant.</b> No way leads from the engine to a handle: what is kept of it here,
 * until it is released, is a phantom reference. So a handle that no code of the
 * application can reach is found by the garbage collector, and its hold is released.
 */
final class Handles {

	private static final Logger logger = LoggerFactory.getLogger(Handles.class);

	private final Engine engine;

	private final Set<PhantomReference<LockHandle>> watched = ConcurrentHashMap.newKeySet();

	private final ReferenceQueue<LockHandle> dropped = new ReferenceQueue<>();

	Handles(Engine engine) {
		this.engine = engine;
	}

	LockHandle of(Hold hold) {
		SingleHandle handle = new SingleHandle(this.engine, hold);
		DroppedHandle reference = new DroppedHandle(handle, this.dropped, hold);
		this.watched.add(reference);
		hold.watch(reference);
		return handle;
	}

	/**
	 * The hold of a handle is released: whether the handle is dropped does not matter any
	 * more.
	 */
	void forget(PhantomReference<LockHandle> reference) {
		this.watched.remove(reference);
	}

	/**
	 * Releases what belongs to handles that were dropped.
	 */
	void releaseDropped() {
		Reference<? extends LockHandle> reference;
		while ((reference = this.dropped.poll()) != null) {
			if (reference instanceof DroppedHandle handle) {
				handle.release();
			}
		}
	}

	/**
	 * Tells of a handle that nobody can reach any more.
	 */
	private static final class DroppedHandle extends PhantomReference<LockHandle> {

		private final Hold hold;

		DroppedHandle(LockHandle handle, ReferenceQueue<LockHandle> queue, Hold hold) {
			super(handle, queue);
			this.hold = hold;
		}

		void release() {
			if (!this.hold.isReleasing()) {
				logger.warn(
						"Lock '{}' (token {}) was dropped without being released, it is released now: "
								+ "close every handle, best with try-with-resources",
						this.hold.name(), this.hold.token);
				Answers.on(this.hold.release(), (ours, failure) -> {
					if (failure != null) {
						logger.warn(failure.getMessage());
					}
				});
			}
		}

	}

}
