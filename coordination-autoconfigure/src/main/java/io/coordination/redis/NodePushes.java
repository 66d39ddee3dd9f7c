package io.coordination.redis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;

/**
 * The connection over which one node of a cluster pushes grants, made when the first
 * waiter of a lock there needs it. Has a subscription for each bucket in which somebody
 * has waited.
 * <p>
 * <b>Invariant.</b> A channel is in the map while its subscription is being made or
 * stands as far as anybody knows: it is taken out when the node ends it, as it does when
 * the slot leaves it, and when the connection broke.
 */
final class NodePushes implements PushLine {

	private final RedisClients.Opened opened;

	private final Listener listener;

	private final ConcurrentHashMap<String, CompletableFuture<@Nullable Void>> channels = new ConcurrentHashMap<>();

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock
	private @Nullable CompletableFuture<StatefulRedisPubSubConnection<String, String>> line;

	private volatile @Nullable StatefulRedisPubSubConnection<String, String> connection;

	private volatile boolean closed;

	NodePushes(RedisClients.Opened opened, Listener listener) {
		this.opened = opened;
		this.listener = listener;
	}

	/**
	 * Subscribes, unless that was done before or is being done.
	 * @param sharded whether the channel is in a slot of this node
	 * @return completed when the subscription stands, or has failed
	 */
	CompletableFuture<@Nullable Void> subscribe(String channel, boolean sharded) {
		CompletableFuture<@Nullable Void> made = new CompletableFuture<>();
		CompletableFuture<@Nullable Void> known = this.channels.putIfAbsent(channel, made);
		if (known != null) {
			return known;
		}
		RedisConnections.on(connect(), (line, ex) -> {
			if (line == null) {
				fail(channel, made, ex);
				return;
			}
			RedisConnections.on(sharded ? line.async().ssubscribe(channel) : line.async().subscribe(channel),
					(nothing, failure) -> {
						if (failure != null) {
							fail(channel, made, failure);
						}
						else {
							made.complete(null);
						}
					});
		});
		return made;
	}

	private void fail(String channel, CompletableFuture<@Nullable Void> made, @Nullable Throwable ex) {
		this.channels.remove(channel, made);
		made.completeExceptionally((ex != null) ? ex : new IllegalStateException("No connection"));
	}

	boolean isSubscribed(String channel) {
		CompletableFuture<@Nullable Void> made = this.channels.get(channel);
		return made != null && made.isDone() && !made.isCompletedExceptionally();
	}

	/**
	 * Ends a subscription that is of no use any more.
	 */
	void leave(String channel, boolean sharded) {
		StatefulRedisPubSubConnection<String, String> present = this.connection;
		this.channels.remove(channel);
		// The client may have made it again by itself
		if (present != null) {
			RedisConnections.on(sharded ? present.async().sunsubscribe(channel) : present.async().unsubscribe(channel),
					(nothing, ignored) -> {
					});
		}
	}

	private CompletableFuture<StatefulRedisPubSubConnection<String, String>> connect() {
		CompletableFuture<StatefulRedisPubSubConnection<String, String>> begun;
		this.lock.lock();
		try {
			if (this.line != null) {
				return this.line;
			}
			begun = new CompletableFuture<>();
			this.line = begun;
		}
		finally {
			this.lock.unlock();
		}
		RedisConnections.on(this.opened.client().connectPubSubAsync(StringCodec.UTF8, this.opened.uri()),
				(made, ex) -> {
					if (made == null) {
						forget(begun);
						begun.completeExceptionally(RedisFailures
							.connecting((ex != null) ? ex : new IllegalStateException("No connection")));
						return;
					}
					made.addListener(new Messages());
					this.connection = made;
					if (this.closed) {
						RedisConnections.end(made);
					}
					begun.complete(made);
				});
		return begun;
	}

	private void forget(@Nullable CompletableFuture<StatefulRedisPubSubConnection<String, String>> begun) {
		this.lock.lock();
		try {
			if (begun == null || this.line == begun) {
				this.line = null;
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Nothing has to be heard before somebody waits. */
	@Override
	public void open(Runnable then) {
		then.run();
	}

	/**
	 * The client subscribes again by itself, but tells nobody whether the node still took
	 * it. So each channel is asked for again by whoever waits.
	 */
	@Override
	public boolean connected(RedisChannelHandler<?, ?> handler) {
		if (handler != this.connection) {
			return false;
		}
		this.channels.clear();
		return true;
	}

	@Override
	public void reset() {
		StatefulRedisPubSubConnection<String, String> known = this.connection;
		this.connection = null;
		forget(null);
		this.channels.clear();
		if (known != null) {
			RedisConnections.end(known);
		}
	}

	@Override
	public void close() {
		this.closed = true;
	}

	/**
	 * Hears what is pushed.
	 */
	interface Listener {

		void pushed(NodePushes from, String channel, String message);

	}

	private final class Messages extends RedisPubSubAdapter<String, String> {

		@Override
		public void message(String channel, String message) {
			NodePushes.this.listener.pushed(NodePushes.this, channel, message);
		}

		@Override
		public void smessage(String channel, String message) {
			NodePushes.this.listener.pushed(NodePushes.this, channel, message);
		}

		@Override
		public void sunsubscribed(String channel, long count) {
			NodePushes.this.channels.remove(channel);
		}

	}

}
