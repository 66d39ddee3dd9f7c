package io.coordination.zookeeper;

import java.util.ArrayList;
import java.util.List;

import io.coordination.backend.LockKey;

/**
 * Where the nodes of one lock are: {@code <root>/locks/<namespace>/<name>}. Below that
 * path there are nodes of owners and nothing else, so no lock can be nested in another,
 * and the data of others has no place there.
 *
 * @param root the plain nodes above, from the top down
 * @param containers the container nodes above and of the lock itself, from the top down.
 * The server removes them when they are empty
 */
record LockPath(List<String> root, List<String> containers) {

	static LockPath of(String rootPath, LockKey key) {
		List<String> root = new ArrayList<>();
		for (int end = rootPath.indexOf('/', 1); end > 0; end = rootPath.indexOf('/', end + 1)) {
			root.add(rootPath.substring(0, end));
		}
		root.add(rootPath);
		String locks = rootPath + "/locks";
		String namespace = locks + "/" + Encoding.encode(key.namespace());
		return new LockPath(List.copyOf(root),
				List.of(locks, namespace, namespace + "/" + Encoding.encode(key.name())));
	}

	/**
	 * The node that the owners' nodes are children of.
	 */
	String lock() {
		return this.containers.get(this.containers.size() - 1);
	}

	String node(String name) {
		return lock() + "/" + name;
	}

	static String name(String node) {
		return node.substring(node.lastIndexOf('/') + 1);
	}

}
