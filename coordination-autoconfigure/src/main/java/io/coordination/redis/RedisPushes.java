package io.coordination.redis;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;

/**
 * The connection on which grants are pushed to this process. Locks work without it, by
 * polling; so whatever goes wrong with it is said once, and it is made again by whoever
 * needs it next.
 * <p>
 * <b>Invariant.</b> At most one attempt to make it is under way. A connection without its
 * subscription subscribes when it is connected again.
 */
final class RedisPushes implements PushLine {

	private static final Logger logger = LoggerFactory.getLogger(RedisPushes.class);

	private final RedisClients.Opened opened;

	private final String channel;

	private final Consumer<String> onPush;

	private final AtomicBoolean connecting = new AtomicBoolean();

	private final AtomicBoolean warned = new AtomicBoolean();

	private volatile @Nullable StatefulRedisPubSubConnection<String, String> connection;

	private volatile boolean subscribed;

	private volatile boolean closed;

	RedisPushes(RedisClients.Opened opened, String channel, Consumer<String> onPush) {
		this.opened = opened;
		this.channel = channel;
		this.onPush = onPush;
	}

	/**
	 * Connects and subscribes, unless that was done before or is being done.
	 * @param then what to do when it is done, or has failed
	 */
	@Override
	public void open(Runnable then) {
		if (this.closed || this.connection != null || !this.connecting.compareAndSet(false, true)) {
			then.run();
			return;
		}
		RedisConnections.on(this.opened.client().connectPubSubAsync(StringCodec.UTF8, this.opened.uri()),
				(made, ex) -> {
					if (made == null) {
						this.connecting.set(false);
						warn(ex);
						then.run();
						return;
					}
					made.addListener(new RedisPubSubAdapter<String, String>() {

						@Override
						public void message(String from, String message) {
							RedisPushes.this.onPush.accept(message);
						}

					});
					this.connection = made;
					this.connecting.set(false);
					if (this.closed) {
						RedisConnections.end(made);
					}
					subscribe(made, then);
				});
	}

	private void subscribe(StatefulRedisPubSubConnection<String, String> to, Runnable then) {
		RedisConnections.on(to.async().subscribe(this.channel), (nothing, failure) -> {
			this.subscribed = failure == null;
			if (failure != null) {
				warn(failure);
			}
			then.run();
		});
	}

	@Override
	public boolean connected(RedisChannelHandler<?, ?> handler) {
		StatefulRedisPubSubConnection<String, String> known = this.connection;
		if (handler != known || known == null) {
			return false;
		}
		if (!this.subscribed) {
			subscribe(known, () -> {
			});
		}
		return true;
	}

	@Override
	public void reset() {
		StatefulRedisPubSubConnection<String, String> known = this.connection;
		this.connection = null;
		this.subscribed = false;
		if (known != null) {
			RedisConnections.end(known);
		}
	}

	@Override
	public void close() {
		this.closed = true;
	}

	private void warn(@Nullable Throwable ex) {
		if (!this.closed && this.warned.compareAndSet(false, true)) {
			logger.warn("Redis pushes no grants to this process, waiters find theirs by polling: {}",
					(ex != null) ? ex.getMessage() : "");
		}
	}

}
