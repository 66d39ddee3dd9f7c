package io.coordination.lock;

/**
 * The registry does not run: it was stopped before or while the lock was waited for, as
 * on shutdown. The lock is not held.
 */
public class LockRegistryStoppedException extends LockBackendException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes an exception.
	 * @param message which lock was asked for
	 */
	public LockRegistryStoppedException(String message) {
		super(message, null);
	}

}
