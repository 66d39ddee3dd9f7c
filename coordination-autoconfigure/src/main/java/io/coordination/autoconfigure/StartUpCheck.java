package io.coordination.autoconfigure;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;
import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;
import io.coordination.lock.ManagedLockRegistry;

/**
 * Asks the store once, over a connection of its own, before the application starts.
 */
final class StartUpCheck {

	static final String PROPERTY = "coordination.fail-fast";

	/** For a backend that breaks its word: each sets a limit to its requests itself. */
	private static final long LONGEST_CHECK = 120;

	private static final Logger logger = LoggerFactory.getLogger(StartUpCheck.class);

	private StartUpCheck() {
	}

	/**
	 * Asks without holding anybody up, and logs what is wrong.
	 */
	static void runInBackground(ManagedLockRegistry registry) {
		registry.check().whenComplete((warnings, ex) -> {
			if (ex == null) {
				warnings.forEach(logger::warn);
			}
			else if (registry.isRunning()) {
				logger.warn("The lock store cannot be used now: {} Locks fail until it can",
						sentence(String.valueOf(ex.getMessage())));
			}
		});
	}

	/**
	 * Asks, and logs what the store's people should know.
	 * @throws FailureAnalyzedException if it does not answer
	 */
	static void run(LockBackendFactory factory) {
		try (LockBackend backend = factory.open(Nobody.INSTANCE)) {
			backend.check().toCompletableFuture().get(LONGEST_CHECK, TimeUnit.SECONDS).forEach(logger::warn);
		}
		catch (ExecutionException ex) {
			throw failure(factory, String.valueOf((ex.getCause() != null) ? ex.getCause().getMessage() : null), ex);
		}
		catch (TimeoutException ex) {
			throw failure(factory, "it does not answer", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while the lock backend '" + factory.id() + "' was checked",
					ex);
		}
	}

	private static FailureAnalyzedException failure(LockBackendFactory factory, String why, Exception cause) {
		return new FailureAnalyzedException("The lock backend '" + factory.id() + "' cannot be used: " + sentence(why),
				"Start it, correct how it is reached and logged in to, or set '" + PROPERTY
						+ "' to 'false' to start without it.",
				cause);
	}

	private static String sentence(String message) {
		return message.endsWith(".") ? message : message + ".";
	}

	/**
	 * Listens to a backend that is opened only to be checked.
	 */
	private enum Nobody implements BackendListener {

		INSTANCE;

		@Override
		public void disconnected() {
		}

		@Override
		public void reconnected() {
		}

		@Override
		public void strayGrant(LockKey key, OwnerId owner) {
		}

	}

}
