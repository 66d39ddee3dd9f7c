package io.coordination.zookeeper;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;

/**
 * The nodes above those of owners: made when they are missing, and remembered so that
 * they are not made each time. What is remembered may be wrong, since the server removes
 * containers that are empty; then the creation of an owner's node says so.
 */
final class KnownPaths {

	/** How many are remembered. With more, it costs a write to have forgotten them. */
	static final int MOST = 10_000;

	private final Set<String> paths = ConcurrentHashMap.newKeySet();

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
			if (all || !this.paths.contains(node)) {
				code = create(session, node, CreateMode.CONTAINER, code);
			}
		}
		return code;
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
		this.paths.add(node);
	}

	int size() {
		return this.paths.size();
	}

}
