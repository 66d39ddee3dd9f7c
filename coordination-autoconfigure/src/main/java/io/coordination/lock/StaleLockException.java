package io.coordination.lock;

/**
 * The guarded resource has seen a larger fencing token: somebody else was given the lock
 * later, and what this holder wanted to write is not written. Deliberately no Spring
 * {@code TransactionException}: thrown inside of a transaction it rolls that back.
 * <p>
 * The work is not to be repeated with the same token. Acquire the lock anew, and read
 * anew what the work depends on.
 */
public class StaleLockException extends LockException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes an exception.
	 * @param message what was not written, with which token, and which one was seen
	 */
	public StaleLockException(String message) {
		super(message, null);
	}

}
