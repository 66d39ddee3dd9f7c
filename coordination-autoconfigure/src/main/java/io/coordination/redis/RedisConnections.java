package io.coordination.redis;

import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendException;
import io.coordination.backend.BackendListener;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;

/**
 * The two connections of a backend: one for commands, and {@linkplain RedisPushes one on
 * which grants are pushed} to this process.
 * <p>
 * They are made by the first request, and again by the next one when that failed; once
 * made, the client keeps them alive. The first request waits until the server's time is
 * known and the subscription stands, so that no push can be missed by a waiter that
 * polled before.
 * <p>
 * <b>Invariants.</b>
 * <ol>
 * <li>Requests are sent in the order in which they came, as they go through a
 * {@link ConnectionGate}.
 * <li>A connection on which commands are sent and nothing is answered for three times
 * their time-out is given up for a new one: its other end may be gone without a word.
 * <li>Each request is answered or fails, at the latest when this is closed
 * ({@link UnansweredRequests}).
 * </ol>
 * Safe for use by many threads.
 */
final class RedisConnections implements RedisConnectionStateListener {

	private static final Logger logger = LoggerFactory.getLogger(RedisConnections.class);

	private static final long NEVER = Long.MIN_VALUE;

	private final RedisClients.Opened opened;

	private final BackendListener listener;

	private final ServerClock clock;

	private final PushLine pushes;

	private final AtomicBoolean closed = new AtomicBoolean();

	private final ConnectionGate<StatefulRedisConnection<String, String>> gate = new ConnectionGate<>(this::connect);

	private final UnansweredRequests unanswered = new UnansweredRequests();

	private final KnownScripts scripts = new KnownScripts();

	private volatile @Nullable StatefulRedisConnection<String, String> commands;

	/** When the first command was sent that was not answered, nor was any since. */
	private final AtomicLong silentSince = new AtomicLong(NEVER);

	/** Whether the next connection takes the place of one that was given up. */
	private final AtomicBoolean replacing = new AtomicBoolean();

	RedisConnections(RedisClients.Opened opened, BackendListener listener, ServerClock clock, String channel,
			Consumer<String> onPush) {
		this(opened, listener, clock, new RedisPushes(opened, channel, onPush));
	}

	RedisConnections(RedisClients.Opened opened, BackendListener listener, ServerClock clock, PushLine pushes) {
		this.opened = opened;
		this.listener = listener;
		this.clock = clock;
		this.pushes = pushes;
		opened.client().addListener(this);
	}

	/**
	 * Sends a command when the connection is ready.
	 */
	<T> CompletionStage<T> send(Function<RedisAsyncCommands<String, String>, CompletionStage<T>> command) {
		return sendOver((connection) -> command.apply(connection.async()));
	}

	private <T> CompletionStage<T> sendOver(
			Function<StatefulRedisConnection<String, String>, CompletionStage<T>> command) {
		CompletableFuture<T> answer = new CompletableFuture<>();
		this.gate.enter((connection, ex) -> {
			if (connection == null) {
				answer.completeExceptionally(ex);
				return;
			}
			BackendException tooLate = this.unanswered.add(answer);
			if (tooLate != null) {
				answer.completeExceptionally(tooLate);
				return;
			}
			try {
				long sentAt = this.clock.nanoTime();
				command.apply(connection).whenComplete((value, failure) -> {
					this.unanswered.remove(answer);
					heard(connection, sentAt, failure);
					if (failure != null) {
						answer.completeExceptionally(RedisFailures.commanding(failure));
					}
					else {
						answer.complete(value);
					}
				});
			}
			catch (RuntimeException failure) {
				this.unanswered.remove(answer);
				answer.completeExceptionally(RedisFailures.commanding(failure));
			}
		});
		return answer;
	}

	/**
	 * Runs a script.
	 * @param arguments makes the arguments when the script is sent
	 */
	CompletionStage<List<Object>> run(RedisScript script, String[] keys,
			Function<ServerClock, List<String>> arguments) {
		return send((commands) -> this.scripts.run(commands, script, keys, arguments.apply(this.clock)));
	}

	/**
	 * Runs a script on a node that does not have the slot of the keys yet, and takes them
	 * only from who was sent there.
	 */
	CompletionStage<List<Object>> runAsking(RedisScript script, String[] keys,
			Function<ServerClock, List<String>> arguments) {
		return sendOver((connection) -> KnownScripts.runAsking(connection, script, keys, arguments.apply(this.clock)));
	}

	private void connect(CompletableFuture<StatefulRedisConnection<String, String>> begun) {
		on(this.opened.client().connectAsync(StringCodec.UTF8, this.opened.uri()), (connection, ex) -> {
			if (connection == null) {
				begun.completeExceptionally(RedisFailures.connecting(ex));
				return;
			}
			if (this.closed.get()) {
				end(connection);
				begun.completeExceptionally(closed());
				return;
			}
			askTime(connection).whenComplete((time, failure) -> {
				if (failure != null) {
					end(connection);
					begun.completeExceptionally(RedisFailures.commanding(failure));
					return;
				}
				this.commands = connection;
				this.pushes.open(() -> {
					begun.complete(connection);
					if (this.replacing.getAndSet(false)) {
						this.listener.reconnected();
					}
				});
			});
		});
	}

	/**
	 * Keeps account of how long a connection has been silent.
	 */
	private void heard(StatefulRedisConnection<String, String> connection, long sentAt, @Nullable Throwable failure) {
		if (connection != this.commands) {
			return;
		}
		if (!(failure instanceof RedisCommandTimeoutException)) {
			this.silentSince.set(NEVER);
			if (this.opened.isSentinel() && RedisFailures.isFromReplica(failure)) {
				replace(connection, "Redis became a replica");
			}
			return;
		}
		this.silentSince.compareAndSet(NEVER, sentAt);
		long since = this.silentSince.get();
		if (since != NEVER && this.clock.nanoTime() - since >= 3 * this.opened.uri().getTimeout().toNanos()) {
			replace(connection, "Redis answers nothing on a connection for locks");
		}
	}

	private void replace(StatefulRedisConnection<String, String> useless, String why) {
		if (!this.gate.forget(useless)) {
			return;
		}
		this.commands = null;
		logger.warn("{}: it is given up for a new one", why);
		this.silentSince.set(NEVER);
		this.scripts.forget();
		this.replacing.set(true);
		this.listener.disconnected();
		end(useless);
		this.pushes.reset();
	}

	/**
	 * Sees to it that grants are pushed, if they can be.
	 */
	void seekPushes() {
		if (this.commands != null) {
			this.pushes.open(() -> {
			});
		}
	}

	private CompletionStage<List<String>> askTime(StatefulRedisConnection<String, String> connection) {
		long sentAt = this.clock.nanoTime();
		return connection.async().time().whenComplete((time, ex) -> {
			if (time != null && time.size() == 2) {
				this.clock.answered(Long.parseLong(time.get(0)) * 1_000_000 + Long.parseLong(time.get(1)), sentAt);
			}
		});
	}

	@Override
	public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
		StatefulRedisConnection<String, String> known = this.commands;
		if (connection == known && known != null) {
			askTime(known).whenComplete((time, ex) -> {
				this.listener.reconnected();
				seekPushes();
			});
		}
		else if (this.pushes.connected(connection)) {
			this.listener.reconnected();
		}
	}

	@Override
	public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
		if (connection == this.commands && !this.closed.get()) {
			this.scripts.forget();
			this.listener.disconnected();
		}
	}

	boolean isConnected() {
		StatefulRedisConnection<String, String> known = this.commands;
		return known != null && known.isOpen();
	}

	/**
	 * Closes both, and the client.
	 */
	void close() {
		if (beginClosing()) {
			try {
				this.opened.close();
			}
			finally {
				endClosing();
			}
		}
	}

	/**
	 * Lets nobody in any more. Then the connections can be ended.
	 * @return {@code false} if that was done before
	 */
	boolean beginClosing() {
		if (!this.closed.compareAndSet(false, true)) {
			return false;
		}
		this.gate.close(closed());
		this.pushes.close();
		this.opened.client().removeListener(this);
		return true;
	}

	void endConnection() {
		StatefulRedisConnection<String, String> known = this.commands;
		if (known != null) {
			end(known);
		}
	}

	/**
	 * A client that is shut down while it connects says nothing, so those who wait for it
	 * are told here.
	 */
	void endClosing() {
		this.unanswered.fail(closedTooSoon(), closed());
	}

	static void end(StatefulConnection<?, ?> connection) {
		on(connection.closeAsync(), (nothing, ignored) -> {
		});
	}

	static <T extends @Nullable Object> void on(CompletionStage<T> stage,
			BiConsumer<@Nullable T, @Nullable Throwable> reaction) {
		stage.whenComplete(reaction);
	}

	static BackendException closedTooSoon() {
		return new BackendException("The connection for locks in Redis was closed before the answer came", true, null);
	}

	static BackendException closed() {
		return new BackendException("The connection for locks in Redis is closed", false, null);
	}

}
