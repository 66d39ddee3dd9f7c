package io.coordination.redis;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import io.lettuce.core.cluster.SlotHash;

/**
 * Which master of a cluster has which slot, as a node said. Masters are known by their
 * address, {@code host:port}. Immutable.
 */
final class SlotMap {

	private final @Nullable String[] masters;

	private SlotMap(@Nullable String[] masters) {
		this.masters = masters;
	}

	/**
	 * Reads the answer to CLUSTER SLOTS.
	 * @param answer the answer
	 * @param host the host that answered, which is meant where no host is named
	 * @return the map, or {@code null} if the node knows of no slots
	 */
	static @Nullable SlotMap parse(List<?> answer, String host) {
		@Nullable String[] masters = new @Nullable String[SlotHash.SLOT_COUNT];
		boolean any = false;
		for (Object entry : answer) {
			if (entry instanceof List<?> range && range.size() > 2 && range.get(0) instanceof Long from
					&& range.get(1) instanceof Long to && range.get(2) instanceof List<?> node
					&& node.get(1) instanceof Long port) {
				String address = address(node.get(0), port, host);
				for (int slot = from.intValue(); slot <= to; slot++) {
					masters[slot] = address;
				}
				any = true;
			}
		}
		return any ? new SlotMap(masters) : null;
	}

	private static String address(@Nullable Object named, long port, String host) {
		boolean unnamed = !(named instanceof String text) || text.isEmpty() || text.equals("?");
		return (unnamed ? host : named) + ":" + port;
	}

	@Nullable String master(int slot) {
		return this.masters[slot];
	}

	/**
	 * The same but for one slot.
	 */
	SlotMap with(int slot, String master) {
		@Nullable String[] changed = this.masters.clone();
		changed[slot] = master;
		return new SlotMap(changed);
	}

	Set<String> all() {
		Set<String> all = new LinkedHashSet<>();
		for (String master : this.masters) {
			if (master != null) {
				all.add(master);
			}
		}
		return all;
	}

	boolean sameAs(SlotMap other) {
		return Arrays.equals(this.masters, other.masters);
	}

}
