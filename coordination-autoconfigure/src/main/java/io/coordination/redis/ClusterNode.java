package io.coordination.redis;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;
import io.coordination.backend.BackendListener;

/**
 * One node of a cluster: connections that share nothing with those to other nodes, so
 * that one that is silent delays none of the others, and an estimate of its own clock.
 */
final class ClusterNode {

	private final String address;

	private final String host;

	private final RedisConnections connections;

	private final NodePushes pushes;

	private volatile boolean used;

	ClusterNode(String address, RedisClients.Opened opened, BackendListener listener, ServerClock clock,
			NodePushes.Listener onPush) {
		this.address = address;
		this.host = address.substring(0, address.lastIndexOf(':'));
		this.pushes = new NodePushes(opened, onPush);
		this.connections = new RedisConnections(opened, listener, clock, this.pushes);
	}

	String address() {
		return this.address;
	}

	/**
	 * Where this node is, for the answers in which it does not name itself.
	 */
	String host() {
		return this.host;
	}

	NodePushes pushes() {
		return this.pushes;
	}

	/**
	 * Runs a script here.
	 * @param asked whether another node said that the keys may be here before the slot is
	 */
	CompletionStage<List<Object>> run(RedisScript script, String[] keys, Function<ServerClock, List<String>> arguments,
			boolean asked) {
		this.used = true;
		return asked ? this.connections.runAsking(script, keys, arguments)
				: this.connections.run(script, keys, arguments);
	}

	CompletionStage<@Nullable SlotMap> slots() {
		return this.connections.send((commands) -> commands.clusterSlots())
			.thenApply((answer) -> SlotMap.parse(answer, this.host));
	}

	CompletionStage<String> info() {
		return this.connections.send((commands) -> commands.info());
	}

	/**
	 * Whether it is connected to for no other reason than to ask for the masters, or not
	 * connected.
	 */
	boolean isIdle() {
		return !this.used || !this.connections.isConnected();
	}

	/**
	 * Ends the connections, and lets the client go on.
	 */
	void retire() {
		this.connections.beginClosing();
		this.pushes.reset();
		this.connections.endConnection();
		this.connections.endClosing();
	}

	void beginClosing() {
		this.connections.beginClosing();
	}

	void endClosing() {
		this.connections.endClosing();
	}

	static BackendException unserved(int slot) {
		return new BackendException("No node of the Redis Cluster serves slot " + slot
				+ ": assign it, or wait for the fail-over that is under way", false, null);
	}

}
