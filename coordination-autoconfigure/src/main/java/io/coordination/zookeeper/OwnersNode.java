package io.coordination.zookeeper;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.apache.zookeeper.data.Stat;

import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;

/**
 * A node of an owner.
 *
 * @param path the node
 * @param name its name
 * @param revision the transaction that created it
 * @param session the session that it ends with
 */
record OwnersNode(String path, NodeName name, long revision, ZookeeperSession session) {

	ZookeeperLease lease(LockRequest request) {
		return new ZookeeperLease(request.key(), request.owner(), this.revision, this.session.validity(), this.path,
				this.session.id());
	}

	/**
	 * Finds the node of an owner that ends with this session, and removes all others of
	 * the owner.
	 * @return the node, or an empty list
	 */
	static CompletionStage<List<OwnersNode>> find(ZookeeperSession session, LockPath path, OwnerId owner) {
		return session.latestChildren(path.lock()).thenCompose((children) -> {
			List<String> names = children.value();
			if (names == null && !children.isMissing()) {
				throw ZookeeperFailures.answered(children.code(), path.lock());
			}
			CompletionStage<List<OwnersNode>> found = CompletableFuture.completedStage(new ArrayList<>());
			for (NodeName name : (names != null) ? Line.of(names).of(owner) : List.<NodeName>of()) {
				String node = path.node(name.text());
				found = found.thenCombine(session.stat(node), (before, reply) -> {
					add(before, session, node, name, reply);
					return before;
				});
			}
			return found;
		});
	}

	private static void add(List<OwnersNode> found, ZookeeperSession session, String path, NodeName name,
			Reply<Stat> reply) {
		Stat stat = reply.value();
		if (stat == null) {
			if (!reply.isMissing()) {
				throw ZookeeperFailures.answered(reply.code(), path);
			}
		}
		else if (stat.getEphemeralOwner() != session.id() || !found.isEmpty()) {
			session.delete(path);
		}
		else {
			found.add(new OwnersNode(path, name, stat.getCzxid(), session));
		}
	}

}
