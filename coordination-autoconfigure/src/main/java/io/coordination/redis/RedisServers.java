package io.coordination.redis;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import io.coordination.backend.LockKey;

/**
 * The servers that keep the locks: {@linkplain SingleRedis one}, or
 * {@linkplain RedisCluster the masters of a cluster}. Safe for use by many threads.
 */
interface RedisServers {

	/**
	 * Whether requests for one key are executed in the order in which they were sent.
	 */
	boolean ordered();

	/**
	 * The keys of a lock. Locks with the same fence can be renewed by one script.
	 */
	RedisKeys keys(LockKey key);

	/**
	 * Runs a script on the server that has its keys.
	 * @param arguments makes the arguments when the script is sent, which may be more
	 * than once, for the clock of the server it is sent to
	 */
	CompletionStage<List<Object>> run(RedisScript script, String[] keys, Function<ServerClock, List<String>> arguments);

	/**
	 * Sends a request that may lead to a push, when a push can be heard, or when it is
	 * clear that none will be.
	 * @param request sends it, given the channel to be told on
	 */
	<T> CompletionStage<T> listening(RedisKeys keys, Function<String, CompletionStage<T>> request);

	/**
	 * What each server that keeps locks says of itself.
	 */
	CompletionStage<List<String>> info();

	void close();

}
