package io.coordination.faults;

/**
 * What the {@link FaultProxy} does to the connection of one request.
 */
enum Fault {

	/** The client is reset, and the server never sees the request. */
	RESET_BEFORE,

	/**
	 * The server acts on the request; the client is reset instead of getting the answer.
	 */
	RESET_AFTER,

	/**
	 * The server acts on the request, but neither this answer nor any later byte comes
	 * back on this connection, which stays open: a network that drops packets in one
	 * direction. A single answer cannot be missing from a TCP stream.
	 */
	DROP_REPLY,

	/**
	 * The request is answered; then the connection is reset. With a request number: a cut
	 * after the n-th request.
	 */
	CUT_AFTER

}
