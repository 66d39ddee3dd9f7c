package io.coordination.zookeeper;

import java.nio.charset.StandardCharsets;

/**
 * Text as one element of a path in ZooKeeper: percent-encoded where it is not plain
 * ASCII, so that two different texts never share an element, none can break the path, and
 * what is plain stays readable.
 */
final class Encoding {

	/** Stands for the empty text: never the encoding of anything else. */
	private static final String EMPTY = "%";

	private Encoding() {
	}

	static String encode(String text) {
		if (text.isEmpty()) {
			return EMPTY;
		}
		if (text.equals(".") || text.equals("..")) {
			return "%2E".repeat(text.length());
		}
		StringBuilder encoded = new StringBuilder(text.length() + 16);
		text.codePoints().forEach((c) -> {
			if (isPlain(c)) {
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

	private static boolean isPlain(int c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'
				|| c == '_' || c == '~';
	}

	/**
	 * Reads what was encoded, as far as it can be read by people.
	 */
	static String decode(String encoded) {
		byte[] bytes = new byte[encoded.length()];
		int length = 0;
		for (int i = 0; i < encoded.length(); i++) {
			char c = encoded.charAt(i);
			if (c == '%' && i + 2 < encoded.length() && Character.digit(encoded.charAt(i + 1), 16) >= 0
					&& Character.digit(encoded.charAt(i + 2), 16) >= 0) {
				bytes[length++] = (byte) Integer.parseInt(encoded, i + 1, i + 3, 16);
				i += 2;
			}
			else {
				bytes[length++] = (byte) c;
			}
		}
		return new String(bytes, 0, length, StandardCharsets.UTF_8);
	}

}
