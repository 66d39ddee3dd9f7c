package io.coordination.redis;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.LockKey;
import io.coordination.backend.PercentEncoding;

/**
 * The keys of one lock in Redis: {@code coordination:<namespace>:{<name>}} and what
 * belongs to it. The braces make the name the hash tag, so that a cluster keeps all of it
 * on one node; only the fence is common to all locks of a namespace.
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
	 * Reads the key of a lock.
	 * @param lock a key, as found in a message
	 * @return the lock it belongs to, or {@code null} if it belongs to none
	 */
	static @Nullable LockKey parse(String lock) {
		int brace = lock.indexOf(":{");
		if (!lock.startsWith(PREFIX) || brace < PREFIX.length() || !lock.endsWith("}")) {
			return null;
		}
		try {
			LockKey key = new LockKey(PercentEncoding.decode(lock.substring(PREFIX.length(), brace)),
					PercentEncoding.decode(lock.substring(brace + 2, lock.length() - 1)));
			return of(key).lock().equals(lock) ? key : null;
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
