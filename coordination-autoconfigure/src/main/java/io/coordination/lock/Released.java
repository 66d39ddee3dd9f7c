package io.coordination.lock;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits for the answer to a release: not to be stopped by an interrupt, as the lock has
 * been given up already, but bounded by what the backend promises.
 */
final class Released {

	private Released() {
	}

	static boolean await(CompletionStage<Boolean> answer, String name, Engine engine) {
		Future<Boolean> future = answer.toCompletableFuture();
		boolean interrupted = false;
		long end = System.nanoTime() + 2 * engine.graceNanos();
		try {
			while (true) {
				try {
					return future.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof LockException failure) {
				failure.fillInStackTrace();
				throw failure;
			}
			throw new LockBackendException("Lock '" + name + "' could not be released: " + ex.getCause(), ex);
		}
		catch (TimeoutException ex) {
			throw new LockOutcomeUnknownException("Release of lock '" + name
					+ "' was not answered, it may or may not have been ours until now; it is repeated in the background",
					ex);
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

}
