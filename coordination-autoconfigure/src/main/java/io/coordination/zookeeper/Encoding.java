package io.coordination.zookeeper;

import io.coordination.backend.PercentEncoding;

/**
 * Text as one element of a path in ZooKeeper: percent-encoded where it is not plain
 * ASCII, so that two different texts never share an element, none can break the path, and
 * what is plain stays readable.
 */
final class Encoding {

	private Encoding() {
	}

	static String encode(String text) {
		boolean upwards = text.equals(".") || text.equals("..");
		return upwards ? "%2E".repeat(text.length()) : PercentEncoding.encode(text, Encoding::isPlain);
	}

	private static boolean isPlain(int c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'
				|| c == '_' || c == '~';
	}

	/**
	 * Reads what was encoded, for people: what nobody encoded stays as it is.
	 */
	static String decode(String encoded) {
		try {
			return PercentEncoding.decode(encoded);
		}
		catch (IllegalArgumentException ex) {
			return encoded;
		}
	}

}
