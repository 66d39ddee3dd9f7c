package io.coordination.backend;

import org.jspecify.annotations.Nullable;

/**
 * The store could not be asked, or did not answer. Being busy or no longer the owner is
 * never reported this way.
 */
public class BackendException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final boolean mayHaveApplied;

	/**
	 * Makes an exception.
	 * @param message what happened, without secrets
	 * @param mayHaveApplied whether the request may have had, or may yet have, its effect
	 * @param cause the cause, or {@code null} if there is none
	 */
	public BackendException(String message, boolean mayHaveApplied, @Nullable Throwable cause) {
		super(message, cause);
		this.mayHaveApplied = mayHaveApplied;
	}

	/**
	 * Whether the request may have had its effect.
	 * @return {@code false} if it surely had none and never will; {@code true} if nobody
	 * knows
	 */
	public boolean mayHaveApplied() {
		return this.mayHaveApplied;
	}

}
