package io.coordination.backend;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/**
 * Writes any text with characters that a store takes in its names, as in a URI: what is
 * not plain becomes the bytes of its UTF-8, {@code %XX} each. No two texts are written
 * alike; also the empty text, and half a surrogate pair, which has no UTF-8, are written
 * as something of their own.
 */
public final class PercentEncoding {

	private static final String EMPTY = "%";

	private PercentEncoding() {
	}

	/**
	 * Encodes a text.
	 * @param text any text
	 * @param plain which characters stay as they are: of ASCII, and not the percent sign
	 * @return what stands for it, never empty
	 */
	public static String encode(String text, IntPredicate plain) {
		if (text.isEmpty()) {
			return EMPTY;
		}
		StringBuilder encoded = new StringBuilder(text.length() + 16);
		text.codePoints().forEach((c) -> {
			if (plain.test(c)) {
				encoded.append((char) c);
			}
			else if (Character.getType(c) == Character.SURROGATE) {
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

	/**
	 * Reads what was encoded.
	 * @param encoded what stands for a text
	 * @return the text
	 * @throws IllegalArgumentException if it was not made by
	 * {@link #encode(String, IntPredicate)}; not everything is noticed
	 */
	public static String decode(String encoded) {
		if (encoded.equals(EMPTY)) {
			return "";
		}
		StringBuilder text = new StringBuilder(encoded.length());
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		int i = 0;
		while (i < encoded.length()) {
			char c = encoded.charAt(i);
			if (encoded.startsWith("%u", i)) {
				text.append(bytes.toString(StandardCharsets.UTF_8)).append((char) hex(encoded, i + 2, i + 6));
				bytes.reset();
				i += 6;
			}
			else {
				bytes.write((c == '%') ? hex(encoded, i + 1, i + 3) : c);
				i += (c == '%') ? 3 : 1;
			}
		}
		return text.append(bytes.toString(StandardCharsets.UTF_8)).toString();
	}

	private static int hex(String text, int from, int to) {
		if (to > text.length()) {
			throw new IllegalArgumentException("Cut off: " + text);
		}
		return Integer.parseInt(text, from, to, 16);
	}

}
