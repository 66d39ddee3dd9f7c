package io.coordination.backend;

/**
 * The store is well, but refuses a request for a moment, as while it moves the key to
 * another node. The request had no effect; it is asked again for as long as the caller
 * waits.
 */
public class NotNowException extends BackendException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes an exception.
	 * @param message what happened, without secrets
	 * @param cause the cause
	 */
	public NotNowException(String message, Throwable cause) {
		super(message, false, cause);
	}

}
