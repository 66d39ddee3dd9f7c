package io.coordination.redis;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import io.coordination.backend.LockKey;

/**
 * One server at a time: a server of its own, or the master that the sentinels name.
 */
final class SingleRedis implements RedisServers {

	private final RedisConnections connections;

	private final String channel;

	SingleRedis(RedisConnections connections, String channel) {
		this.connections = connections;
		this.channel = channel;
	}

	@Override
	public boolean ordered() {
		return true;
	}

	@Override
	public RedisKeys keys(LockKey key) {
		return RedisKeys.of(key);
	}

	@Override
	public CompletionStage<List<Object>> run(RedisScript script, String[] keys,
			Function<ServerClock, List<String>> arguments) {
		return this.connections.run(script, keys, arguments);
	}

	@Override
	public <T> CompletionStage<T> listening(RedisKeys keys, Function<String, CompletionStage<T>> request) {
		this.connections.seekPushes();
		return request.apply(this.channel);
	}

	@Override
	public CompletionStage<List<String>> info() {
		return this.connections.send((commands) -> commands.info()).thenApply(List::of);
	}

	@Override
	public void close() {
		this.connections.close();
	}

}
