package io.coordination.lock.event;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A lock was not acquired.
 *
 * @param name the name of the lock
 * @param label the label under which the lock is counted, or {@code null} if it has none
 * @param reason why not
 * @param waited how long was waited
 */
public record LockRefused(String name, @Nullable String label, Reason reason, Duration waited) implements LockEvent {

	/**
	 * Why a lock was not acquired.
	 */
	public enum Reason {

		/** Others held it for the whole wait time. */
		BUSY,

		/** The store could not be asked. */
		BACKEND,

		/** The store did not answer; the lock may have been granted and is given back. */
		UNKNOWN,

		/** The caller was interrupted or cancelled the wait. */
		ABANDONED,

		/** The registry was stopped. */
		STOPPED

	}

}
