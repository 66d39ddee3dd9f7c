package io.coordination.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;
import io.coordination.backend.BackendListener;
import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;

import io.lettuce.core.cluster.SlotHash;

/**
 * The masters of a cluster. A request goes to the one that has the slot of its keys, and
 * follows where that sends it, for as long as a command may take.
 * <p>
 * Lettuce's own client of clusters would send the same request on. Ours says until when
 * it may act by the clock of the server that executes it, so it is made anew for each
 * node that it is sent to.
 * <p>
 * <b>Invariants.</b>
 * <ol>
 * <li>Each request is answered or fails, at the latest when this is closed.
 * <li>A request is sent again only when a node has said that it did nothing.
 * <li>While slots are where they were, requests for one key are executed in the order in
 * which they were sent; one that is sent on may be overtaken.
 * </ol>
 */
final class RedisCluster implements RedisServers {

	private static final int HOPS = 5;

	private final RedisClients.Opened opened;

	private final BackendListener listener;

	private final Supplier<ServerClock> clocks;

	private final UnansweredRequests unanswered = new UnansweredRequests();

	private final ClusterTopology topology;

	private final ClusterPushes pushes;

	private volatile boolean closed;

	RedisCluster(RedisClients.Opened opened, BackendListener listener, Supplier<ServerClock> clocks,
			Consumer<String> onPush) {
		this.opened = opened;
		this.listener = listener;
		this.clocks = clocks;
		this.topology = new ClusterTopology(opened.seeds(), this::node, listener::reconnected);
		this.pushes = new ClusterPushes(this.topology, onPush);
	}

	private ClusterNode node(String address) {
		return new ClusterNode(address, this.opened.at(address), new NodeListener(), this.clocks.get(),
				(from, channel, message) -> this.pushes.pushed(from, channel, message));
	}

	@Override
	public boolean ordered() {
		return false;
	}

	@Override
	public RedisKeys keys(LockKey key) {
		return RedisKeys.inCluster(key);
	}

	@Override
	public CompletionStage<List<Object>> run(RedisScript script, String[] keys,
			Function<ServerClock, List<String>> arguments) {
		CompletableFuture<List<Object>> answer = new CompletableFuture<>();
		if (begin(answer)) {
			new Request(script, keys, arguments, answer).locate();
		}
		return answer;
	}

	@Override
	public <T> CompletionStage<T> listening(RedisKeys keys, Function<String, CompletionStage<T>> request) {
		CompletableFuture<T> answer = new CompletableFuture<>();
		if (begin(answer)) {
			this.pushes.listen(keys.tag(), (channel) -> request.apply(channel).whenComplete((value, ex) -> {
				this.unanswered.remove(answer);
				complete(answer, value, ex);
			}));
		}
		return answer;
	}

	@Override
	public CompletionStage<List<String>> info() {
		CompletableFuture<List<String>> answer = new CompletableFuture<>();
		if (!begin(answer)) {
			return answer;
		}
		this.topology.masters((masters, ex) -> {
			if (masters == null) {
				end(answer, null, ex);
				return;
			}
			List<CompletableFuture<String>> asked = new ArrayList<>();
			masters.forEach((node) -> asked.add(node.info().toCompletableFuture()));
			RedisConnections.on(CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)),
					(nothing, failure) -> {
						if (failure != null) {
							this.topology.refresh(null);
						}
						end(answer, (failure == null) ? asked.stream().map(CompletableFuture::join).toList() : null,
								failure);
					});
		});
		return answer;
	}

	private boolean begin(CompletableFuture<?> answer) {
		BackendException tooLate = this.unanswered.add(answer);
		if (tooLate != null) {
			answer.completeExceptionally(tooLate);
		}
		return tooLate == null;
	}

	private <T> void end(CompletableFuture<T> answer, @Nullable T value, @Nullable Throwable ex) {
		this.unanswered.remove(answer);
		complete(answer, value, (ex != null) ? RedisFailures.commanding(ex) : null);
	}

	private static <T> void complete(CompletableFuture<T> answer, @Nullable T value, @Nullable Throwable ex) {
		if (ex != null) {
			answer.completeExceptionally(ex);
		}
		else {
			answer.complete(value);
		}
	}

	@Override
	public void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		// First of all: what waits at a node may have been to another before
		this.unanswered.fail(RedisConnections.closedTooSoon(), RedisConnections.closed());
		this.pushes.close();
		this.topology.close();
		try {
			this.opened.close();
		}
		finally {
			this.topology.endClosing();
		}
	}

	/**
	 * A script on its way.
	 */
	private final class Request {

		private final RedisScript script;

		private final String[] keys;

		private final Function<ServerClock, List<String>> arguments;

		private final CompletableFuture<List<Object>> answer;

		private final long deadline = System.nanoTime() + RedisCluster.this.opened.uri().getTimeout().toNanos();

		private int hops = HOPS;

		Request(RedisScript script, String[] keys, Function<ServerClock, List<String>> arguments,
				CompletableFuture<List<Object>> answer) {
			this.script = script;
			this.keys = keys;
			this.arguments = arguments;
			this.answer = answer;
		}

		void locate() {
			RedisCluster.this.topology.locate(SlotHash.getSlot(this.keys[0]), (node, ex) -> {
				if (node != null) {
					send(node, false);
				}
				else {
					end(this.answer, null, ex);
				}
			});
		}

		private void send(ClusterNode node, boolean asked) {
			RedisConnections.on(node.run(this.script, this.keys, this.arguments, asked), (value, ex) -> {
				if (ex == null) {
					end(this.answer, value, null);
				}
				else {
					failed(node, ex);
				}
			});
		}

		private void failed(ClusterNode node, Throwable ex) {
			ClusterRedirect redirect = ClusterRedirect.of(ex, node.host());
			boolean inTime = System.nanoTime() - this.deadline < 0;
			String address = (redirect != null) ? redirect.address() : null;
			if (redirect == null || redirect.kind() == ClusterRedirect.Kind.CLUSTERDOWN) {
				if (redirect != null || !RedisFailures.isAnswer(ex)) {
					RedisCluster.this.topology.refresh(null);
				}
				end(this.answer, null, ex);
			}
			else if (address != null) {
				if (redirect.kind() == ClusterRedirect.Kind.MOVED) {
					RedisCluster.this.topology.moved(redirect.slot(), address);
					RedisCluster.this.topology.refresh(address);
				}
				if (inTime && this.hops-- > 0) {
					send(RedisCluster.this.topology.node(address), redirect.kind() == ClusterRedirect.Kind.ASK);
				}
				else {
					end(this.answer, null, ex);
				}
			}
			else {
				end(this.answer, null, ex);
			}
		}

	}

	/**
	 * A connection to one node broke or came back. While it is gone the others are asked
	 * about the locks that they keep, which are in doubt as well.
	 */
	private final class NodeListener implements BackendListener {

		@Override
		public void disconnected() {
			RedisCluster.this.listener.disconnected();
			RedisConnections.on(RedisCluster.this.topology.refresh(null), (known, ex) -> {
				if (known != null) {
					reconnected();
				}
			});
		}

		@Override
		public void reconnected() {
			if (!RedisCluster.this.closed) {
				RedisCluster.this.listener.reconnected();
			}
		}

		@Override
		public void strayGrant(LockKey key, OwnerId owner) {
			RedisCluster.this.listener.strayGrant(key, owner);
		}

	}

}
