package io.coordination.redis;

import io.lettuce.core.cluster.SlotHash;

/**
 * The buckets into which the locks of a cluster are put, evenly spread over its slots. A
 * bucket is a hash tag: all keys with it are in one slot. So locks that are in one bucket
 * can be renewed by one script, and share the key of their last revision.
 * <p>
 * The tags are the first numbers that fall into each part of the slots. They are part of
 * what is stored: every instance has to find the same ones.
 */
final class SlotBuckets {

	static final int COUNT = 256;

	private static final int SLOTS_A_BUCKET = SlotHash.SLOT_COUNT / COUNT;

	private static final String[] TAGS = tags();

	private SlotBuckets() {
	}

	/**
	 * The tag of a lock.
	 * @param lock the name of the lock, with its namespace
	 */
	static String tag(String lock) {
		return TAGS[SlotHash.getSlot(lock) / SLOTS_A_BUCKET];
	}

	private static String[] tags() {
		String[] tags = new String[COUNT];
		int missing = COUNT;
		for (int number = 0; missing > 0; number++) {
			String tag = Integer.toString(number);
			int bucket = SlotHash.getSlot(tag) / SLOTS_A_BUCKET;
			if (tags[bucket] == null) {
				tags[bucket] = tag;
				missing--;
			}
		}
		return tags;
	}

}
