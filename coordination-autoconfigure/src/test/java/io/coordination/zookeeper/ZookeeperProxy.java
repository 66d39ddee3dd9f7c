package io.coordination.zookeeper;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network between clients and a server that can be spoiled: it holds back what flows,
 * in one direction or both, and breaks connections. Knows nothing of what it carries.
 * Listens on a free loopback port. Safe for use by many threads.
 */
final class ZookeeperProxy implements AutoCloseable {

	private final InetSocketAddress server;

	private final ServerSocket listener;

	private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

	private final AtomicInteger accepted = new AtomicInteger();

	private final Gate requests = new Gate();

	private final Gate replies = new Gate();

	private volatile boolean refuses;

	ZookeeperProxy(int serverPort) {
		InetAddress loopback = InetAddress.getLoopbackAddress();
		this.server = new InetSocketAddress(loopback, serverPort);
		try {
			this.listener = new ServerSocket(0, 200, loopback);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		start("accept", this::accept);
	}

	String address() {
		return "127.0.0.1:" + this.listener.getLocalPort();
	}

	/**
	 * Holds back everything, and lets connections stay open, until {@link #pass()}.
	 */
	void stall() {
		this.requests.shut();
		this.replies.shut();
	}

	/**
	 * Holds back what the server answers, until {@link #pass()}.
	 */
	void stallReplies() {
		this.replies.shut();
	}

	/**
	 * Accepts nobody until {@link #pass()}.
	 */
	void refuse() {
		this.refuses = true;
	}

	/**
	 * Ends all faults. What was held back flows on.
	 */
	void pass() {
		this.refuses = false;
		this.requests.open();
		this.replies.open();
	}

	/**
	 * Breaks all connections, and loses what was held back.
	 */
	void cut() {
		this.connections.forEach(Connection::close);
	}

	@Override
	public void close() {
		try {
			this.listener.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		cut();
		pass();
	}

	private void accept() {
		while (!this.listener.isClosed()) {
			try {
				Socket client = this.listener.accept();
				if (this.refuses) {
					client.close();
				}
				else {
					new Connection(client).open();
				}
			}
			catch (IOException ex) {
				// closed, or a client or server that was gone at once
			}
		}
	}

	private void start(String role, Runnable body) {
		Thread thread = new Thread(body, "zookeeper-proxy-" + this.accepted.get() + "-" + role);
		thread.setDaemon(true);
		thread.start();
	}

	/**
	 * What all bytes of one direction have to pass.
	 */
	private static final class Gate {

		private boolean shut;

		synchronized void shut() {
			this.shut = true;
		}

		synchronized void open() {
			this.shut = false;
			notifyAll();
		}

		synchronized void pass(Connection connection) throws InterruptedException {
			while (this.shut && !connection.closed) {
				wait(20);
			}
		}

	}

	private final class Connection {

		private final Socket client;

		private final Socket toServer = new Socket();

		private volatile boolean closed;

		Connection(Socket client) {
			this.client = client;
		}

		void open() throws IOException {
			ZookeeperProxy.this.accepted.incrementAndGet();
			try {
				this.toServer.connect(ZookeeperProxy.this.server, 2000);
				this.client.setTcpNoDelay(true);
				this.toServer.setTcpNoDelay(true);
			}
			catch (IOException ex) {
				this.client.close();
				throw ex;
			}
			ZookeeperProxy.this.connections.add(this);
			start("requests", () -> pump(this.client, this.toServer, ZookeeperProxy.this.requests));
			start("replies", () -> pump(this.toServer, this.client, ZookeeperProxy.this.replies));
		}

		private void pump(Socket from, Socket to, Gate gate) {
			byte[] buffer = new byte[8192];
			try {
				InputStream in = from.getInputStream();
				OutputStream out = to.getOutputStream();
				for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
					gate.pass(this);
					if (this.closed) {
						break;
					}
					out.write(buffer, 0, length);
				}
			}
			catch (IOException | InterruptedException ex) {
				// one end is gone, and the other goes with it
			}
			close();
		}

		void close() {
			this.closed = true;
			ZookeeperProxy.this.connections.remove(this);
			try (this.client; this.toServer) {
				// sends RST instead of FIN, so that nothing is left on its way
				this.client.setSoLinger(true, 0);
				this.toServer.setSoLinger(true, 0);
			}
			catch (IOException ex) {
				// closed already
			}
		}

	}

}
