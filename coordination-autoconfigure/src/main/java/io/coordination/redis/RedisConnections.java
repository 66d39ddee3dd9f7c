package io.coordination.redis;

import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

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

	// guarded by lock
	private @Nullable CompletableFuture<StatefulRedisConnection<String, String>> ready;

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
		ready().whenComplete((connection, ex) -> {
			if (connection == null) {
				answer.completeExceptionally(ex);
				return;
			}
			command.apply(connection.async()).whenComplete((value, failure) -> {
				if (failure != null) {
					answer.completeExceptionally(RedisFailures.commanding(failure));
				}
				else {
					answer.complete(value);
				}
			});
		});
		return answer;
	}

	/**
	 * Runs a script: by its digest, or with its text where the server has forgotten it.
	 */
	CompletionStage<List<Object>> run(RedisScript script, String[] keys, List<String> arguments) {
		String[] values = arguments.toArray(String[]::new);
		return send((commands) -> {
			CompletableFuture<List<Object>> answer = new CompletableFuture<>();
			commands.<List<Object>>evalsha(script.digest(), ScriptOutputType.MULTI, keys, values)
				.whenComplete((value, ex) -> {
					if (ex instanceof RedisNoScriptException) {
						commands.<List<Object>>eval(script.text(), ScriptOutputType.MULTI, keys, values)
							.whenComplete((again, failure) -> complete(answer, again, failure));
					}
					else {
						complete(answer, value, ex);
					}
				});
			return answer;
		});
	}

	private static <T> void complete(CompletableFuture<T> answer, @Nullable T value, @Nullable Throwable ex) {
		if (ex != null) {
			answer.completeExceptionally(ex);
		}
		else {
			answer.complete(value);
		}
	}

	private CompletionStage<StatefulRedisConnection<String, String>> ready() {
		if (this.closed.get()) {
			return CompletableFuture.failedFuture(closed());
		}
		CompletableFuture<StatefulRedisConnection<String, String>> made = new CompletableFuture<>();
		this.lock.lock();
		try {
			CompletableFuture<StatefulRedisConnection<String, String>> known = this.ready;
			if (known != null && !known.isCompletedExceptionally()) {
				return known;
			}
			this.ready = made;
		}
		finally {
			this.lock.unlock();
		}
		connect(made);
		return made;
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
			this.listener.disconnected();
		}
	}

	void close() {
		if (this.closed.compareAndSet(false, true)) {
			this.opened.client().removeListener(this);
			this.opened.close();
		}
	}

	private static <T> void on(CompletionStage<T> stage, BiConsumer<@Nullable T, @Nullable Throwable> reaction) {
		stage.whenComplete(reaction);
	}

	private static BackendException closed() {
		return new BackendException("The connection for locks in Redis is closed", false, null);
	}

}
