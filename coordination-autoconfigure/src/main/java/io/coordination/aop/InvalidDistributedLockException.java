package io.coordination.aop;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

/**
 * A {@link DistributedLock} that cannot work, found when the application starts.
 */
final class InvalidDistributedLockException extends FailureAnalyzedException {

	private static final long serialVersionUID = 1L;

	InvalidDistributedLockException(String where, String problem, String action) {
		super("@DistributedLock on " + where + ": " + problem, action);
	}

	InvalidDistributedLockException(String where, String problem, String action, Throwable cause) {
		super("@DistributedLock on " + where + ": " + problem, action, cause);
	}

}
