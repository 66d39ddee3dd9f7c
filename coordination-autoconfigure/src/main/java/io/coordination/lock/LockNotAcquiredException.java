package io.coordination.lock;

import java.time.Duration;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * Others held the lock for the whole wait time. Nothing is wrong with the store; trying
 * again later may succeed.
 */
public class LockNotAcquiredException extends LockException {

	private static final long serialVersionUID = 1L;

	private final @Nullable Duration remainingLease;

	/**
	 * Makes an exception.
	 * @param message which lock, how long was waited, who holds it, how long its lease
	 * still runs
	 */
	public LockNotAcquiredException(String message) {
		this(message, null);
	}

	/**
	 * Makes an exception.
	 * @param message which lock, how long was waited, who holds it, how long its lease
	 * still runs
	 * @param remainingLease how long the holder's lease still runs, or {@code null} if
	 * that is not known
	 */
	public LockNotAcquiredException(String message, @Nullable Duration remainingLease) {
		super(message, null);
		this.remainingLease = remainingLease;
	}

	/**
	 * How long the holder's lease still ran when this was thrown. The lock may be free
	 * much sooner, when it is released, or later, when its lease is renewed.
	 * @return the time, zero or more, or empty if it is not known
	 */
	public Optional<Duration> remainingLease() {
		return Optional.ofNullable(this.remainingLease);
	}

}
