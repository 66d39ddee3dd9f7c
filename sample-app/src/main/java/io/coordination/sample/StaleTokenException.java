package io.coordination.sample;

/**
 * A sale came too late: somebody with a newer fencing token has sold since.
 */
class StaleTokenException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	StaleTokenException(long concert, long token, long lastToken) {
		super("The database refused a sale for concert %d: its token %d is older than %d, with which somebody has sold since"
			.formatted(concert, token, lastToken));
	}

}
