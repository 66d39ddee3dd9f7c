package io.coordination.lock;

import org.jspecify.annotations.Nullable;

/**
 * The store cannot be asked: unreachable, refusing, or guarded by an open circuit. The
 * lock is not held. Says nothing about whether others hold it.
 */
public class LockBackendException extends LockException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes an exception.
	 * @param message which lock and what happened
	 * @param cause what the client library reported, or {@code null} if there is none
	 */
	public LockBackendException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
