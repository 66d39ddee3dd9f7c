package io.coordination.lock;

/**
 * The thread was interrupted while it waited for a lock, where an
 * {@link InterruptedException} could not be thrown. The lock is not held, and the
 * interrupt flag of the thread is set.
 */
public class LockInterruptedException extends LockException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes an exception.
	 * @param message what was waited for
	 * @param cause the interrupt
	 */
	public LockInterruptedException(String message, InterruptedException cause) {
		super(message, cause);
	}

}
