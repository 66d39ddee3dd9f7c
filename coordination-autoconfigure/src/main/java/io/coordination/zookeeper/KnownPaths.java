package io.coordination.zookeeper;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;

/**
 * The nodes above those of owners: made when they may be missing, and remembered for a
 * short time after each use, so that they are not made each time. The server removes
 * containers that are empty, once a minute unless configured otherwise: what was not used
 * for a while is made anew in the same flush, which costs a write and no wait. What is
 * remembered may be wrong all the same; then the creation of an owner's node says so.
 */
final class KnownPaths {

	/** How many are remembered. With more, it costs a write to have forgotten them. */
	static final int MOST = 10_000;

	/** For how long after its use a container is taken for there. */
	static final Duration KEPT = Duration.ofSeconds(10);

	private final LongSupplier nanoTime;

	/** When each was used last. */
	private final Map<String, Long> paths = new ConcurrentHashMap<>();

	KnownPaths(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
	}

	/**
	 * Sends what makes the nodes above those of owners, ahead of what needs them.
	 * @param all whether nothing that is remembered is relied on
	 * @return the first failure, or {@code OK}
	 */
	CompletionStage<Code> create(ZookeeperSession session, LockPath path, boolean all) {
		CompletionStage<Code> code = CompletableFuture.completedStage(Code.OK);
		if (all) {
			for (String node : path.root()) {
				code = create(session, node, CreateMode.PERSISTENT, code);
			}
		}
		for (String node : path.containers()) {
			if (all || !isKnown(node)) {
				code = create(session, node, CreateMode.CONTAINER, code);
			}
		}
		return code;
	}

	private boolean isKnown(String node) {
		long now = this.nanoTime.getAsLong();
		return this.paths.computeIfPresent(node,
				(path, used) -> (now - used < KEPT.toNanos()) ? Long.valueOf(now) : null) != null;
	}

	private CompletionStage<Code> create(ZookeeperSession session, String node, CreateMode mode,
			CompletionStage<Code> before) {
		return before.thenCombine(session.create(node, mode), (earlier, reply) -> {
			boolean there = reply.isOk() || reply.code() == Code.NODEEXISTS;
			if (there && mode == CreateMode.CONTAINER) {
				remember(node);
			}
			return (earlier != Code.OK || there) ? earlier : reply.code();
		});
	}

	private void remember(String node) {
		if (this.paths.size() >= MOST) {
			this.paths.clear();
		}
		this.paths.put(node, this.nanoTime.getAsLong());
	}

	int size() {
		return this.paths.size();
	}

}
