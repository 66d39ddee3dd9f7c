package io.coordination.zookeeper;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for the end of which node. There is one watch for a node, however many wait
 * for it or have given up: it goes when the node goes, so that as many are left as there
 * are nodes to wait for.
 */
final class Watches implements Watcher {

	private final Map<String, Set<Claim>> waiting = new ConcurrentHashMap<>();

	/**
	 * Tells a claim when a node is gone.
	 * @return what the server says of the node; without one nobody is told of anything
	 */
	CompletionStage<Reply<Stat>> watch(ZookeeperSession session, String node, Claim claim) {
		this.waiting.compute(node, (path, claims) -> {
			Set<Claim> all = (claims != null) ? claims : ConcurrentHashMap.newKeySet(2);
			all.add(claim);
			return all;
		});
		return session.watch(node, this).whenComplete((reply, ex) -> {
			if (reply == null || !reply.isOk()) {
				forget(node, claim);
			}
		});
	}

	void forget(@Nullable Predecessor before, Claim claim) {
		if (before != null) {
			forget(before.path(), claim);
		}
	}

	private void forget(String node, Claim claim) {
		this.waiting.computeIfPresent(node, (path, claims) -> {
			claims.remove(claim);
			return claims.isEmpty() ? null : claims;
		});
	}

	/**
	 * Takes news of a node. What is said of the session has no node.
	 */
	@Override
	public void process(WatchedEvent event) {
		if (event.getType() == Event.EventType.NodeDeleted) {
			Set<Claim> claims = this.waiting.remove(event.getPath());
			if (claims != null) {
				claims.forEach((claim) -> claim.predecessorGone(event.getPath()));
			}
		}
	}

	int size() {
		return this.waiting.size();
	}

	void clear() {
		this.waiting.clear();
	}

}
