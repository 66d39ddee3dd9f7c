package io.coordination.faults;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream into messages of the Redis protocol, RESP2 and RESP3. Used by one thread.
 *
 * @see <a href="https://redis.io/docs/latest/develop/reference/protocol-spec/">The
 * protocol</a>
 */
final class RespReader {

	private final InputStream in;

	private final ByteArrayOutputStream raw = new ByteArrayOutputStream();

	RespReader(InputStream in) {
		this.in = new BufferedInputStream(in, 16 * 1024);
	}

	/**
	 * Reads one message.
	 * @return the message, or {@code null} if the stream ended before it began
	 * @throws EOFException if the stream ended within a message
	 * @throws IOException if the stream broke
	 */
	@Nullable RespFrame read() throws IOException {
		this.raw.reset();
		int type = this.in.read();
		if (type < 0) {
			return null;
		}
		this.raw.write(type);
		Object value = value((char) type);
		return new RespFrame((char) type, value, this.raw.toByteArray());
	}

	private @Nullable Object value(char type) throws IOException {
		String line = line();
		return switch (type) {
			case ':' -> Long.valueOf(line);
			case '$', '=', '!' -> bulk(Integer.parseInt(line));
			case '*', '>', '~' -> elements(Integer.parseInt(line));
			case '%' -> elements(2 * Integer.parseInt(line));
			case '|' -> {
				// an attribute describes the value that follows it
				elements(2 * Integer.parseInt(line));
				yield value((char) next());
			}
			case '_' -> null;
			case '+', '-', ',', '#', '(' -> line;
			// an inline command
			default -> List.of((type + line).trim().split(" +"));
		};
	}

	private @Nullable String bulk(int length) throws IOException {
		if (length < 0) {
			return null;
		}
		byte[] bytes = this.in.readNBytes(length + 2);
		if (bytes.length < length + 2) {
			throw new EOFException();
		}
		this.raw.write(bytes, 0, bytes.length);
		return new String(bytes, 0, length, StandardCharsets.UTF_8);
	}

	private @Nullable List<@Nullable Object> elements(int count) throws IOException {
		if (count < 0) {
			return null;
		}
		List<@Nullable Object> elements = new ArrayList<>(count);
		for (int i = 0; i < count; i++) {
			elements.add(value((char) next()));
		}
		return elements;
	}

	private String line() throws IOException {
		StringBuilder line = new StringBuilder();
		for (int b = next(); b != '\n'; b = next()) {
			if (b != '\r') {
				line.append((char) b);
			}
		}
		return line.toString();
	}

	private int next() throws IOException {
		int b = this.in.read();
		if (b < 0) {
			throw new EOFException();
		}
		this.raw.write(b);
		return b;
	}

}
