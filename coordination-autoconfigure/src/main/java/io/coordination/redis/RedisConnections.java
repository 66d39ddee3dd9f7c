package io.coordination.redis;

import java.net.SocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendException;
import io.coordination.backend.BackendListener;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;

/**
 * The two connections of a backend: one for commands, one on which grants are pushed to
 * this process.
 * <p>
 * They are made by the first request, and again by the next one when that failed; once
 * made, the client keeps them alive. The first request waits until the server's time is
 * known and the subscription stands, so that no push can be missed by a waiter that
 * polled before. Without a subscription locks work all the same, by polling.
 * <p>
 * Safe for use by many threads.
 */
final class RedisConnections implements RedisConnectionStateListener {

	private static final Logger logger = LoggerFactory.getLogger(RedisConnections.class);

	private final RedisClients.Opened opened;

	private final BackendListener listener;

	private final ServerClock clock;

	private final String channel;

	private final Consumer<String> onPush;

	private final AtomicBoolean closed = new AtomicBoolean();

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock: the turn of the last request that waits for the connection
	private @Nullable CompletableFuture<StatefulRedisConnection<String, String>> ready;

	// guarded by lock: completed when the connection is made
	private @Nullable CompletableFuture<StatefulRedisConnection<String, String>> connecting;

	/** The scripts that the server has run since it is connected to. */
	private final Set<RedisScript> known = ConcurrentHashMap.newKeySet();

	private volatile @Nullable StatefulRedisConnection<String, String> commands;

	private volatile @Nullable StatefulRedisPubSubConnection<String, String> pushes;

	RedisConnections(RedisClients.Opened opened, BackendListener listener, ServerClock clock, String channel,
			Consumer<String> onPush) {
		this.opened = opened;
		this.listener = listener;
		this.clock = clock;
		this.channel = channel;
		this.onPush = onPush;
		opened.client().addListener(this);
	}

	/**
	 * Sends a command when the connection is ready.
	 */
	<T> CompletionStage<T> send(Function<RedisAsyncCommands<String, String>, CompletionStage<T>> command) {
		CompletableFuture<T> answer = new CompletableFuture<>();
		whenReady((connection, ex) -> {
			if (connection == null) {
				answer.completeExceptionally(ex);
				return;
			}
			try {
				command.apply(connection.async()).whenComplete((value, failure) -> {
					if (failure != null) {
						answer.completeExceptionally(RedisFailures.commanding(failure));
					}
					else {
						answer.complete(value);
					}
				});
			}
			catch (RuntimeException failure) {
				answer.completeExceptionally(RedisFailures.commanding(failure));
			}
		});
		return answer;
	}

	/**
	 * Runs a script: with its text the first time on a connection, then by its digest. So
	 * no request has to be sent again while later ones overtake it, except when somebody
	 * makes the server forget its scripts.
	 */
	CompletionStage<List<Object>> run(RedisScript script, String[] keys, List<String> arguments) {
		return run(script, keys, () -> arguments);
	}

	/**
	 * Runs a script with arguments that are made when it is sent.
	 */
	CompletionStage<List<Object>> run(RedisScript script, String[] keys, Supplier<List<String>> arguments) {
		return send((commands) -> {
			String[] values = arguments.get().toArray(String[]::new);
			CompletableFuture<List<Object>> answer = new CompletableFuture<>();
			(this.known.contains(script)
					? commands.<List<Object>>evalsha(script.digest(), ScriptOutputType.MULTI, keys, values)
					: commands.<List<Object>>eval(script.text(), ScriptOutputType.MULTI, keys, values))
				.whenComplete((value, ex) -> {
					if (ex == null) {
						this.known.add(script);
					}
					if (ex instanceof RedisNoScriptException) {
						this.known.clear();
						commands.<List<Object>>eval(script.text(), ScriptOutputType.MULTI, keys, values)
							.whenComplete((again, failure) -> complete(answer, again, naming(keys, failure)));
					}
					else {
						complete(answer, value, naming(keys, ex));
					}
				});
			return answer;
		});
	}

	private static <T> void complete(CompletableFuture<T> answer, @Nullable T value, @Nullable Throwable ex) {
		if (ex == null) {
			answer.complete(value);
		}
		else {
			answer.completeExceptionally(ex);
		}
	}

	/** What Redis says of a key of the wrong type does not tell which key. */
	private static @Nullable Throwable naming(String[] keys, @Nullable Throwable ex) {
		if (ex == null || !String.valueOf(ex.getMessage()).contains("WRONGTYPE")) {
			return ex;
		}
		return new BackendException(
				"One of the keys " + List.of(keys) + " in Redis is not of this library, and is left alone: remove it, "
						+ "or use another 'coordination.namespace' (" + ex.getMessage() + ")",
				false, ex);
	}

	/**
	 * Hands over the connection, to one request after the other in the order in which
	 * they came: each takes its turn after the one before it, as a future serves those
	 * that wait for it in no order that can be relied on.
	 */
	private void whenReady(BiConsumer<@Nullable StatefulRedisConnection<String, String>, @Nullable Throwable> request) {
		if (this.closed.get()) {
			request.accept(null, closed());
			return;
		}
		CompletableFuture<StatefulRedisConnection<String, String>> made = new CompletableFuture<>();
		CompletableFuture<StatefulRedisConnection<String, String>> turn = new CompletableFuture<>();
		CompletableFuture<StatefulRedisConnection<String, String>> before;
		this.lock.lock();
		try {
			CompletableFuture<StatefulRedisConnection<String, String>> known = this.ready;
			before = (known != null && !known.isCompletedExceptionally()) ? known : made;
			if (before == made) {
				this.connecting = made;
			}
			if (!before.isDone()) {
				this.ready = turn;
			}
		}
		finally {
			this.lock.unlock();
		}
		if (before == made) {
			try {
				connect(made);
			}
			catch (RuntimeException ex) {
				made.completeExceptionally(RedisFailures.connecting(ex));
			}
			if (this.closed.get()) {
				made.completeExceptionally(closed());
			}
		}
		on(before, (connection, ex) -> {
			request.accept(connection, ex);
			complete(turn, connection, ex);
		});
	}

	private void connect(CompletableFuture<StatefulRedisConnection<String, String>> made) {
		on(this.opened.client().connectAsync(StringCodec.UTF8, this.opened.uri()), (connection, ex) -> {
			if (connection == null) {
				made.completeExceptionally(RedisFailures.connecting(ex));
				return;
			}
			if (this.closed.get()) {
				on(connection.closeAsync(), (nothing, ignored) -> {
				});
				made.completeExceptionally(closed());
				return;
			}
			askTime(connection).whenComplete((time, failure) -> {
				if (failure != null) {
					on(connection.closeAsync(), (nothing, ignored) -> {
					});
					made.completeExceptionally(RedisFailures.commanding(failure));
					return;
				}
				this.commands = connection;
				subscribe(() -> made.complete(connection));
			});
		});
	}

	private CompletionStage<List<String>> askTime(StatefulRedisConnection<String, String> connection) {
		long sentAt = this.clock.nanoTime();
		return connection.async().time().whenComplete((time, ex) -> {
			if (time != null && time.size() == 2) {
				this.clock.answered(Long.parseLong(time.get(0)) * 1_000_000 + Long.parseLong(time.get(1)), sentAt);
			}
		});
	}

	private void subscribe(Runnable then) {
		if (this.pushes != null) {
			then.run();
			return;
		}
		on(this.opened.client().connectPubSubAsync(StringCodec.UTF8, this.opened.uri()), (connection, ex) -> {
			if (connection == null) {
				warnWithoutPushes(ex);
				then.run();
				return;
			}
			this.pushes = connection;
			if (this.closed.get()) {
				on(connection.closeAsync(), (nothing, ignored) -> {
				});
			}
			connection.addListener(new RedisPubSubAdapter<String, String>() {

				@Override
				public void message(String from, String message) {
					RedisConnections.this.onPush.accept(message);
				}

			});
			on(connection.async().subscribe(this.channel), (nothing, failure) -> {
				if (failure != null) {
					warnWithoutPushes(failure);
				}
				then.run();
			});
		});
	}

	private static void warnWithoutPushes(@Nullable Throwable ex) {
		logger.warn("Redis pushes no grants to this process, waiters find theirs by polling: {}",
				(ex != null) ? ex.getMessage() : "");
	}

	@Override
	public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
		StatefulRedisConnection<String, String> known = this.commands;
		if (connection == known && known != null) {
			askTime(known).whenComplete((time, ex) -> {
				this.listener.reconnected();
				subscribe(() -> {
				});
			});
		}
		else if (connection == this.pushes) {
			this.listener.reconnected();
		}
	}

	@Override
	public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
		if (connection == this.commands && !this.closed.get()) {
			this.known.clear();
			this.listener.disconnected();
		}
	}

	void close() {
		if (this.closed.compareAndSet(false, true)) {
			this.opened.client().removeListener(this);
			this.opened.close();
			stopConnecting();
		}
	}

	/**
	 * Fails the requests that wait for a connection: a client that is shut down while it
	 * connects says nothing.
	 */
	private void stopConnecting() {
		CompletableFuture<StatefulRedisConnection<String, String>> connecting;
		this.lock.lock();
		try {
			connecting = this.connecting;
		}
		finally {
			this.lock.unlock();
		}
		if (connecting != null) {
			connecting.completeExceptionally(closed());
		}
	}

	private static <T> void on(CompletionStage<T> stage, BiConsumer<@Nullable T, @Nullable Throwable> reaction) {
		stage.whenComplete(reaction);
	}

	private static BackendException closed() {
		return new BackendException("The connection for locks in Redis is closed", false, null);
	}

}
