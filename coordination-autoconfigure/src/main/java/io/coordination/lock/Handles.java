package io.coordination.lock;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the handles of holds, and notices those that were dropped.
 * <p>
 * <b>Invariant.</b> No way leads from the engine to a handle: a hold keeps a phantom
 * reference to its handle, and the handle keeps the hold. So a handle that no code of the
 * application can reach is found by the garbage collector, and its hold is released.
 */
final class Handles {

	private static final Logger logger = LoggerFactory.getLogger(Handles.class);

	private final Engine engine;

	private final ReferenceQueue<LockHandle> dropped = new ReferenceQueue<>();

	Handles(Engine engine) {
		this.engine = engine;
	}

	LockHandle of(Hold hold) {
		SingleHandle handle = new SingleHandle(this.engine, hold);
		hold.watch(new DroppedHandle(handle, this.dropped, hold));
		return handle;
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
