package io.coordination.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A plain connection to Redis that shares nothing with the product: no client library, no
 * pool, no retry. For what a test wants to know or do behind the product's back. Safe for
 * use by many threads, one after the other.
 */
final class RedisProbe implements AutoCloseable {

	private static final Duration ANSWER_TIME = Duration.ofSeconds(30);

	private final Socket socket = new Socket();

	private final OutputStream out;

	private final RespReader in;

	/**
	 * Connects to a server on this machine.
	 * @param port where the server listens
	 */
	RedisProbe(int port) {
		try {
			this.socket.setTcpNoDelay(true);
			this.socket.setSoTimeout((int) ANSWER_TIME.toMillis());
			this.socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5000);
			this.out = this.socket.getOutputStream();
			this.in = new RespReader(this.socket.getInputStream());
		}
		catch (IOException ex) {
			throw new UncheckedIOException("No Redis on port " + port, ex);
		}
	}

	/**
	 * Asks once.
	 * @param command the command and its arguments
	 * @return a string, a long, a list, or {@code null}
	 * @throws IllegalStateException if Redis answers with an error
	 */
	synchronized @Nullable Object ask(String... command) {
		RespFrame answer = exchange(command);
		if (answer.isError()) {
			throw new IllegalStateException(String.join(" ", command) + " → " + answer);
		}
		return answer.value();
	}

	/**
	 * Asks for a string.
	 * @param command the command and its arguments
	 * @return the string, empty if there is none
	 */
	String askText(String... command) {
		Object value = ask(command);
		return (value != null) ? value.toString() : "";
	}

	/**
	 * Asks for a number.
	 * @param command the command and its arguments
	 * @return the number, zero if there is none
	 */
	long askNumber(String... command) {
		String text = askText(command);
		return text.isEmpty() ? 0 : Long.parseLong(text);
	}

	/**
	 * Asks for a list.
	 * @param command the command and its arguments
	 * @return the elements as text
	 */
	List<String> askList(String... command) {
		return (ask(command) instanceof List<?> list) ? list.stream().map(String::valueOf).toList() : List.of();
	}

	@Override
	public void close() {
		try {
			this.socket.close();
		}
		catch (IOException ex) {
			// nothing depends on it
		}
	}

	private RespFrame exchange(String... command) {
		StringBuilder request = new StringBuilder("*").append(command.length).append("\r\n");
		for (String part : command) {
			int length = part.getBytes(StandardCharsets.UTF_8).length;
			request.append('$').append(length).append("\r\n").append(part).append("\r\n");
		}
		try {
			this.out.write(request.toString().getBytes(StandardCharsets.UTF_8));
			RespFrame answer = this.in.read();
			if (answer == null) {
				throw new IOException("Connection closed by Redis");
			}
			return answer;
		}
		catch (IOException ex) {
			throw new UncheckedIOException("No answer to " + command[0], ex);
		}
	}

}
