package io.coordination.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The scripts, each of which is one operation on a lock. Their text is in the resources
 * beside this class; each begins with what they have in common.
 */
enum RedisScript {

	ACQUIRE, ROTATE, RELEASE, WITHDRAW, RENEW;

	private final String text;

	private final String digest;

	RedisScript() {
		this.text = read("lock.lua") + "\n" + read(name().toLowerCase(Locale.ROOT) + ".lua");
		this.digest = digest(this.text);
	}

	/**
	 * Reads the scripts now, and not where the first lock is asked for: that may be an
	 * event loop.
	 */
	static void load() {
		// Done when the class is initialized
	}

	String text() {
		return this.text;
	}

	/**
	 * The name under which the server remembers the script.
	 * @return the SHA-1 digest in hexadecimal digits
	 */
	String digest() {
		return this.digest;
	}

	private static String read(String name) {
		try (InputStream resource = RedisScript.class.getResourceAsStream(name)) {
			if (resource == null) {
				throw new IllegalStateException("'" + name + "' is missing beside " + RedisScript.class.getName());
			}
			return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String digest(String text) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
