package io.coordination.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A port where somebody listens, and nobody answers.
 */
final class SilentServer {

	private final ServerSocket socket;

	SilentServer() {
		try {
			this.socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	int port() {
		return this.socket.getLocalPort();
	}

	void assertUnvisited() {
		assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> accept(1));
	}

	void assertVisited() throws IOException {
		accept(10_000);
	}

	private void accept(int millis) throws IOException {
		this.socket.setSoTimeout(millis);
		try (Socket visitor = this.socket.accept()) {
			assertThat(visitor.isConnected()).isTrue();
		}
	}

}
