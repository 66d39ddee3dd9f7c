package io.coordination.zookeeper;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.coordination.backend.OwnerId;

/**
 * Removes the nodes of an owner that gave up, and tells whether it had the lock.
 *
 * @param session where to ask
 * @param path the lock
 */
record Withdrawal(ZookeeperSession session, LockPath path) {

	/**
	 * Removes a node, and reads the line as it was just before.
	 */
	CompletionStage<Boolean> of(NodeName mine) {
		CompletionStage<Reply<List<String>>> line = this.session.latestChildren(this.path.lock());
		return line.thenCombine(this.session.delete(this.path.node(mine.text())),
				(children, deleted) -> wasFirst(children, mine, deleted));
	}

	/**
	 * Reads the line, and removes every node of an owner. A node whose creation was sent
	 * earlier over this session or one before it, or was answered to anybody, is in the
	 * line or will never be.
	 */
	CompletionStage<Boolean> ofAll(OwnerId owner) {
		return this.session.latestChildren(this.path.lock()).thenCompose((children) -> {
			List<String> names = children.value();
			if (names == null && !children.isMissing()) {
				throw ZookeeperFailures.answered(children.code(), this.path.lock());
			}
			CompletionStage<Boolean> first = CompletableFuture.completedStage(false);
			for (NodeName name : (names != null) ? Line.of(names).of(owner) : List.<NodeName>of()) {
				first = first.thenCombine(this.session.delete(this.path.node(name.text())),
						(before, deleted) -> wasFirst(children, name, deleted) || before);
			}
			return first;
		});
	}

	private boolean wasFirst(Reply<List<String>> children, NodeName name, Reply<Void> deleted) {
		if (!deleted.isOk() && !deleted.isMissing()) {
			throw ZookeeperFailures.answered(deleted.code(), this.path.node(name.text()));
		}
		List<String> names = children.value();
		return deleted.isOk() && names != null && Line.of(names).isLedBy(name);
	}

}
