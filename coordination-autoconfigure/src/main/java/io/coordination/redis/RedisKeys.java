package io.coordination.redis;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.LockKey;
import io.coordination.backend.PercentEncoding;

/**
 * The keys of one lock in Redis: {@code coordination:<namespace>:{<name>}} and what
 * belongs to it; the fence is common to all locks of a namespace. In a cluster, where the
 * first braces make a hash tag, it is {@code coordination:<namespace>:{<tag>}:{<name>}},
 * and there is a fence for each {@linkplain SlotBuckets bucket}: so all keys of a lock
 * are in one slot.
 * <p>
 * Both parts are percent-encoded where they are not plain ASCII, so two different locks
 * never share a key, no name can break the hash tag, and what is plain stays readable.
 *
 * @param lock who holds the lock
 * @param queue who waits, in order
 * @param waiters what is to be known of each of them
 * @param fence the last revision given
 */
record RedisKeys(String lock, String queue, String waiters, String fence) {

	private static final String PREFIX = "coordination:";

	static RedisKeys of(LockKey key) {
		String namespace = PREFIX + PercentEncoding.encode(key.namespace(), RedisKeys::plainInNamespace);
		String lock = namespace + ":{" + PercentEncoding.encode(key.name(), RedisKeys::plainInName) + "}";
		return new RedisKeys(lock, lock + ":queue", lock + ":waiters", namespace + ":fence");
	}

	/**
	 * The keys of a lock in a cluster.
	 */
	static RedisKeys inCluster(LockKey key) {
		String namespace = PREFIX + PercentEncoding.encode(key.namespace(), RedisKeys::plainInNamespace);
		String name = PercentEncoding.encode(key.name(), RedisKeys::plainInName);
		String bucket = namespace + ":{" + SlotBuckets.tag(namespace + ":" + name) + "}";
		String lock = bucket + ":{" + name + "}";
		return new RedisKeys(lock, lock + ":queue", lock + ":waiters", bucket + ":fence");
	}

	/**
	 * The hash tag, by which a cluster knows where the keys are.
	 */
	String tag() {
		return this.lock.substring(this.lock.indexOf('{') + 1, this.lock.indexOf('}'));
	}

	/**
	 * Reads the key of a lock.
	 * @param lock a key, as found in a message
	 * @return the lock it belongs to, or {@code null} if it belongs to none
	 */
	static @Nullable LockKey parse(String lock) {
		int brace = lock.indexOf(":{");
		if (!lock.startsWith(PREFIX) || brace < PREFIX.length() || !lock.endsWith("}")) {
			return null;
		}
		int second = lock.indexOf("}:{", brace);
		int name = (second < 0) ? brace + 2 : second + 3;
		try {
			LockKey key = new LockKey(PercentEncoding.decode(lock.substring(PREFIX.length(), brace)),
					PercentEncoding.decode(lock.substring(name, lock.length() - 1)));
			RedisKeys keys = (second < 0) ? of(key) : inCluster(key);
			return keys.lock().equals(lock) ? key : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	String[] all() {
		return new String[] { this.lock, this.queue, this.waiters, this.fence };
	}

	private static boolean plainInName(int c) {
		return c > ' ' && c < 0x7f && c != '%' && c != '{' && c != '}';
	}

	private static boolean plainInNamespace(int c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'
				|| c == '_';
	}

}
