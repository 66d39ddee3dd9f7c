package io.coordination.lock;

import org.jspecify.annotations.Nullable;

/**
 * What the exceptions of this package have in common.
 */
public abstract class LockException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	LockException(@Nullable String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
