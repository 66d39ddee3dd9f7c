package io.coordination.lock;

/**
 * Others held the lock for the whole wait time. Nothing is wrong with the store; trying
 * again later may succeed.
 */
public class LockNotAcquiredException extends LockException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes an exception.
	 * @param message which lock, how long was waited, who holds it, how long its lease
	 * still runs
	 */
	public LockNotAcquiredException(String message) {
		super(message, null);
	}

}
