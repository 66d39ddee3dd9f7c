package io.coordination.lock;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Waits for an acquisition on the thread that wants it. An interrupt abandons it.
 */
final class Acquired {

	private Acquired() {
	}

	static LockHandle await(CompletableFuture<LockHandle> future) throws InterruptedException {
		try {
			return future.get();
		}
		catch (InterruptedException ex) {
			if (!future.cancel(false)) {
				Answers.on(future, (handle, failure) -> {
					if (handle != null) {
						Handles.giveBack(handle);
					}
				});
			}
			throw ex;
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof LockException failure) {
				failure.fillInStackTrace();
				throw failure;
			}
			throw new IllegalStateException(ex.getCause());
		}
	}

}
