package io.coordination.sample;

/**
 * A sale came too late: somebody has shown a newer fencing token since.
 */
class StaleTokenException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	StaleTokenException(long concert, long token, long lastToken) {
		super("The database refused a sale for concert %d: its token %d is older than %d, which it has seen"
			.formatted(concert, token, lastToken));
	}

}
