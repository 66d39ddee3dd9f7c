package io.coordination.faults;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * One complete message of the Redis protocol, as bytes and as a value.
 */
final class RespFrame {

	private final char type;

	private final @Nullable Object value;

	private final byte[] raw;

	/**
	 * Makes a message.
	 * @param type the first byte of the message
	 * @param value a string, a long, a list of values, or {@code null}
	 * @param raw the bytes as they came
	 */
	RespFrame(char type, @Nullable Object value, byte[] raw) {
		this.type = type;
		this.value = value;
		this.raw = raw;
	}

	@Nullable Object value() {
		return this.value;
	}

	byte[] raw() {
		return this.raw;
	}

	/**
	 * Whether the server sent this unasked: a message of a subscription. The confirmation
	 * of a subscription is an answer, although RESP3 sends it as a push.
	 */
	boolean isPush() {
		String kind = firstElement();
		if (this.type == '>') {
			return !kind.endsWith("subscribe");
		}
		return this.type == '*' && (kind.equals("message") || kind.equals("pmessage") || kind.equals("smessage"));
	}

	boolean isError() {
		return this.type == '-' || this.type == '!';
	}

	List<?> list() {
		return (this.value instanceof List<?> list) ? list : List.of();
	}

	@Override
	public String toString() {
		return new String(this.raw, StandardCharsets.UTF_8).replace("\r\n", " ");
	}

	private String firstElement() {
		return (!list().isEmpty() && list().get(0) instanceof String first) ? first : "";
	}

}
