package io.coordination.lock;

import org.jspecify.annotations.Nullable;

/**
 * What should be the name of a lock cannot be one: null, empty, too long, with control
 * characters, or an expression that gives such a name.
 */
public class LockKeyException extends LockException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes an exception.
	 * @param message what is wrong with the name, and what a name may be
	 */
	public LockKeyException(String message) {
		super(message, null);
	}

	/**
	 * Makes an exception.
	 * @param message what is wrong with the name, and what a name may be
	 * @param cause why, or {@code null} if there is none
	 */
	public LockKeyException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
