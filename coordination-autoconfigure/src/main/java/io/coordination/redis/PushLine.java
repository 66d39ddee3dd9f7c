package io.coordination.redis;

import io.lettuce.core.RedisChannelHandler;

/**
 * The connection to one server over which grants are pushed to this process. Locks work
 * without it, by polling.
 */
interface PushLine {

	/**
	 * Opens it, as far as it has to be before the first request is sent.
	 * @param then what to do when it is done, or has failed
	 */
	void open(Runnable then);

	/**
	 * A connection of the client stands again.
	 * @return whether it is this one
	 */
	boolean connected(RedisChannelHandler<?, ?> handler);

	/**
	 * Gives the connection up, to be made anew.
	 */
	void reset();

	void close();

}
