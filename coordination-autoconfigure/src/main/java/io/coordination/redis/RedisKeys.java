package io.coordination.redis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.LockKey;

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

	/** Stands for an empty part: never the encoding of anything else. */
	private static final String EMPTY = "%";

	static RedisKeys of(LockKey key) {
		String namespace = PREFIX + encode(key.namespace(), false);
		String lock = namespace + ":{" + encode(key.name(), true) + "}";
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
			LockKey key = new LockKey(decode(lock.substring(PREFIX.length(), brace)),
					decode(lock.substring(brace + 2, lock.length() - 1)));
			return of(key).lock().equals(lock) ? key : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	String[] all() {
		return new String[] { this.lock, this.queue, this.waiters, this.fence };
	}

	private static String encode(String part, boolean name) {
		if (part.isEmpty()) {
			return EMPTY;
		}
		StringBuilder encoded = new StringBuilder(part.length() + 16);
		part.codePoints().forEach((c) -> {
			if (name ? plainInName(c) : plainInNamespace(c)) {
				encoded.append((char) c);
			}
			else if (Character.getType(c) == Character.SURROGATE) {
				// Half a pair has no UTF-8
				encoded.append("%%u%04X".formatted(c));
			}
			else {
				for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
					encoded.append("%%%02X".formatted(b));
				}
			}
		});
		return encoded.toString();
	}

	private static boolean plainInName(int c) {
		return c > ' ' && c < 0x7f && c != '%' && c != '{' && c != '}';
	}

	private static boolean plainInNamespace(int c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'
				|| c == '_';
	}

	private static String decode(String encoded) {
		if (encoded.equals(EMPTY)) {
			return "";
		}
		StringBuilder part = new StringBuilder(encoded.length());
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		int i = 0;
		while (i < encoded.length()) {
			char c = encoded.charAt(i);
			if (encoded.startsWith("%u", i)) {
				part.append(bytes.toString(StandardCharsets.UTF_8)).append((char) hex(encoded, i + 2, i + 6));
				bytes.reset();
				i += 6;
			}
			else {
				bytes.write((c == '%') ? hex(encoded, i + 1, i + 3) : c);
				i += (c == '%') ? 3 : 1;
			}
		}
		return part.append(bytes.toString(StandardCharsets.UTF_8)).toString();
	}

	private static int hex(String text, int from, int to) {
		if (to > text.length()) {
			throw new IllegalArgumentException("Cut off: " + text);
		}
		return Integer.parseInt(text, from, to, 16);
	}

}
