package io.coordination.lock;

import org.jspecify.annotations.Nullable;

/**
 * The store did not answer, and what was asked may have happened. A lock that may have
 * been acquired this way is given back in the background; one whose release is unknown is
 * released again until its lease has ended.
 */
public class LockOutcomeUnknownException extends LockBackendException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes an exception.
	 * @param message which lock and what happened
	 * @param cause what the client library reported, or {@code null} if there is none
	 */
	public LockOutcomeUnknownException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
