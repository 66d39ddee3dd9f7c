package io.coordination.zookeeper;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;
import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;

/**
 * The nodes of one lock at one moment: who stands first holds it, the others wait in this
 * order.
 *
 * @param names the owners' nodes, in the order of their sequence
 * @param foreign the name of a node that is none of them, or {@code null} if there is
 * none
 */
record Line(List<NodeName> names, @Nullable String foreign) {

	/**
	 * So far from where the sequence overflows, a lock is closed down: the names of those
	 * who come when it has overflowed tell nothing about their order.
	 */
	private static final long LAST_SEQUENCE = Integer.MAX_VALUE - (1L << 20);

	static Line of(Collection<String> children) {
		List<NodeName> names = new ArrayList<>(children.size());
		String foreign = null;
		for (String child : children) {
			NodeName name = NodeName.parse(child);
			if (name != null) {
				names.add(name);
			}
			else {
				foreign = child;
			}
		}
		names.sort(Comparator.comparingLong(NodeName::sequence));
		return new Line(names, foreign);
	}

	boolean isLedBy(NodeName name) {
		return !this.names.isEmpty() && this.names.get(0).equals(name);
	}

	boolean has(NodeName name) {
		return this.names.contains(name);
	}

	/**
	 * Those before a node, in their order.
	 */
	List<NodeName> before(NodeName name) {
		return this.names.stream().filter((other) -> other.sequence() < name.sequence()).toList();
	}

	List<NodeName> of(OwnerId owner) {
		return this.names.stream().filter((name) -> name.isOf(owner)).toList();
	}

	/**
	 * Why nobody is let in, or {@code null} if there is no reason.
	 */
	@Nullable BackendException fault(LockKey key, LockPath path) {
		if (this.foreign != null) {
			return ZookeeperFailures.foreign(path, this.foreign);
		}
		return isWornOut() ? ZookeeperFailures.wornOut(key, path) : null;
	}

	/**
	 * Whether the order of the nodes cannot be told from their names any more, or soon.
	 */
	boolean isWornOut() {
		for (int i = 0; i < this.names.size(); i++) {
			long sequence = this.names.get(i).sequence();
			if (sequence < 0 || sequence > LAST_SEQUENCE || (i > 0 && this.names.get(i - 1).sequence() == sequence)) {
				return true;
			}
		}
		return false;
	}

}
