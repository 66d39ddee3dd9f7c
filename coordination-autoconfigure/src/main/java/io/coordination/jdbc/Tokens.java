package io.coordination.jdbc;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.StaleLockException;

/**
 * What all guards say of fencing tokens.
 */
final class Tokens {

	private Tokens() {
	}

	static void requirePositive(long token) {
		if (token <= 0) {
			throw new IllegalArgumentException(
					"'token' must be the fencing token of a lock, which is positive: " + token);
		}
	}

	/**
	 * The refusal of a token.
	 * @param seen the larger one, or {@code null} if it is not known
	 */
	static StaleLockException stale(String what, long token, @Nullable Long seen) {
		return new StaleLockException(what + " was not written with fencing token " + token + ": "
				+ ((seen != null) ? seen : "a larger one")
				+ " was seen, so the lock was given to somebody else meanwhile. Roll back, acquire it anew and read anew");
	}

}
