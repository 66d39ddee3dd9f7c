package io.coordination.redis;

import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendException;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.cluster.SlotHash;

/**
 * Where grants in a cluster are pushed: from Redis 7.0 on a channel for each bucket of
 * locks, which is in the slot of the bucket, so that no other shard hears of it; below,
 * on one channel that the whole cluster repeats. A subscription stays for the life of the
 * backend; there are at most as many as buckets.
 * <p>
 * <b>Invariant.</b> A channel has one holder at a time, and only what comes over its
 * connection counts. So a message is heard once, also where an old subscription is still
 * served by a master that became a replica.
 */
final class ClusterPushes implements NodePushes.Listener {

	private static final Logger logger = LoggerFactory.getLogger(ClusterPushes.class);

	private static final String PREFIX = "coordination:push:";

	private static final int HOPS = 3;

	private final String id = UUID.randomUUID().toString();

	private final ConcurrentHashMap<String, NodePushes> holders = new ConcurrentHashMap<>();

	private final AtomicBoolean warned = new AtomicBoolean();

	private final ClusterTopology topology;

	private final Consumer<String> onPush;

	/** Whether the cluster has no channels that belong to a slot. */
	private volatile boolean plain;

	private volatile boolean closed;

	ClusterPushes(ClusterTopology topology, Consumer<String> onPush) {
		this.topology = topology;
		this.onPush = onPush;
	}

	/**
	 * Sees to it that grants of a bucket are heard.
	 * @param tag the hash tag of the bucket
	 * @param then told the channel, when the subscription stands or has failed
	 */
	void listen(String tag, Consumer<String> then) {
		listen(tag, HOPS, then);
	}

	private void listen(String tag, int hops, Consumer<String> then) {
		boolean sharded = !this.plain;
		String channel = sharded ? PREFIX + "{" + tag + "}:" + this.id : PREFIX + this.id;
		NodePushes holder = this.holders.get(channel);
		if (!sharded && holder != null && holder.isSubscribed(channel)) {
			then.accept(channel);
			return;
		}
		int slot = SlotHash.getSlot(tag);
		this.topology.locate(slot, (node, ex) -> {
			if (node == null) {
				then.accept(channel);
				return;
			}
			NodePushes line = node.pushes();
			NodePushes before = this.holders.put(channel, line);
			if (before != null && before != line) {
				before.leave(channel, sharded);
			}
			RedisConnections.on(line.subscribe(channel, sharded), (nothing, failure) -> {
				ClusterRedirect redirect = ClusterRedirect.of(failure, node.host());
				if (failure != null && redirect == null && sharded && isUnknown(failure)) {
					this.plain = true;
					listen(tag, hops, then);
				}
				else if (redirect != null && redirect.kind() == ClusterRedirect.Kind.MOVED && redirect.address() != null
						&& hops > 0) {
					this.topology.moved(slot, redirect.address());
					listen(tag, hops - 1, then);
				}
				else {
					warn(failure);
					then.accept(channel);
				}
			});
		});
	}

	/** Whether the server has no such command, or does not permit it. */
	private static boolean isUnknown(Throwable failure) {
		for (Throwable ex = failure; ex != null; ex = ex.getCause()) {
			if (ex instanceof RedisCommandExecutionException) {
				String message = String.valueOf(ex.getMessage());
				return message.contains("unknown command") || message.startsWith("NOPERM");
			}
		}
		return false;
	}

	@Override
	public void pushed(NodePushes from, String channel, String message) {
		if (this.holders.get(channel) == from) {
			this.onPush.accept(message);
		}
	}

	void close() {
		this.closed = true;
	}

	private void warn(@Nullable Throwable failure) {
		if (failure != null && RedisFailures.isAnswer(failure) && !this.closed
				&& this.warned.compareAndSet(false, true)) {
			logger.warn("Redis pushes not all grants to this process, waiters find theirs by polling: {}",
					(failure instanceof BackendException) ? failure.getMessage()
							: RedisFailures.commanding(failure).getMessage());
		}
	}

}
