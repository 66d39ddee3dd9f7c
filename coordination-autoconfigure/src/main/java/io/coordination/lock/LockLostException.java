package io.coordination.lock;

/**
 * The lock was held once and is not, or may not be, any more. Deliberately no Spring
 * {@code TransactionException}: thrown before a commit it rolls the transaction back.
 */
public class LockLostException extends LockException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes an exception.
	 * @param message which lock was lost and why
	 */
	public LockLostException(String message) {
		super(message, null);
	}

}
