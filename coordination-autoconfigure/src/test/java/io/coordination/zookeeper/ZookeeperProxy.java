package io.coordination.zookeeper;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network between clients and servers that can be spoiled: it holds back what flows, in
 * one direction or both, and breaks connections. Carries whole messages, and tells of
 * them. Listens on a free loopback port. Safe for use by many threads.
 */
public final class ZookeeperProxy implements AutoCloseable {

	/** The number of requests and replies that only keep a session up. */
	private static final int PING = -2;

	/** The number of what a server says unasked. */
	private static final int EVENT = -1;

	private final List<InetSocketAddress> servers;

	private final ServerSocket listener;

	private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

	private final AtomicInteger accepted = new AtomicInteger();

	private final AtomicInteger unanswered = new AtomicInteger();

	private final Gate requests = new Gate();

	private final Gate replies = new Gate();

	private volatile boolean refuses;

	private volatile Runnable beforeEach = () -> {
	};

	/**
	 * Makes a proxy.
	 * @param serverPorts where the servers listen: each connection goes to the next that
	 * lets it in
	 */
	public ZookeeperProxy(List<Integer> serverPorts) {
		InetAddress loopback = InetAddress.getLoopbackAddress();
		this.servers = serverPorts.stream().map((port) -> new InetSocketAddress(loopback, port)).toList();
		try {
			this.listener = new ServerSocket(0, 200, loopback);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		start("accept", this::accept);
	}

	/**
	 * Where clients connect to.
	 * @return host and port
	 */
	public String address() {
		return "127.0.0.1:" + this.listener.getLocalPort();
	}

	/**
	 * Holds back everything, and lets connections stay open, until {@link #pass()}.
	 */
	public void stall() {
		this.requests.shut();
		this.replies.shut();
	}

	/**
	 * Holds back what the server answers, until {@link #pass()}.
	 */
	public void stallReplies() {
		this.replies.shut();
	}

	/**
	 * How many connections have something that is held back.
	 */
	int heldBack() {
		return this.requests.waiting() + this.replies.waiting();
	}

	/**
	 * How many requests, of all connections that did not break, have not been answered
	 * yet. Pings do not count.
	 */
	int unanswered() {
		return this.unanswered.get();
	}

	/**
	 * Has something done before each message goes on, of either direction, by the thread
	 * that carries it. Pings do not count.
	 * @param action what to do, now in place of what was given before
	 */
	public void beforeEach(Runnable action) {
		this.beforeEach = action;
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
	public void pass() {
		this.refuses = false;
		this.requests.open();
		this.replies.open();
	}

	/**
	 * Breaks all connections, and loses what was held back.
	 */
	public void cut() {
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

		private int waiting;

		synchronized int waiting() {
			return this.waiting;
		}

		synchronized void shut() {
			this.shut = true;
		}

		synchronized void open() {
			this.shut = false;
			notifyAll();
		}

		synchronized void pass(Connection connection) throws InterruptedException {
			this.waiting++;
			try {
				while (this.shut && !connection.closed) {
					wait(20);
				}
			}
			finally {
				this.waiting--;
			}
		}

	}

	private final class Connection {

		private final Socket client;

		private final Socket toServer;

		private volatile boolean closed;

		Connection(Socket client) throws IOException {
			this.client = client;
			this.toServer = connect();
		}

		private Socket connect() throws IOException {
			int first = ZookeeperProxy.this.accepted.getAndIncrement();
			List<InetSocketAddress> servers = ZookeeperProxy.this.servers;
			for (int i = 0; i < servers.size(); i++) {
				Socket socket = new Socket();
				try {
					socket.connect(servers.get((first + i) % servers.size()), 2000);
					return socket;
				}
				catch (IOException ex) {
					socket.close();
				}
			}
			this.client.close();
			throw new IOException("No server lets anybody in");
		}

		void open() throws IOException {
			this.client.setTcpNoDelay(true);
			this.toServer.setTcpNoDelay(true);
			ZookeeperProxy.this.connections.add(this);
			start("requests", () -> pump(this.client, this.toServer, ZookeeperProxy.this.requests));
			start("replies", () -> pump(this.toServer, this.client, ZookeeperProxy.this.replies));
		}

		private void pump(Socket from, Socket to, Gate gate) {
			try {
				DataInputStream in = new DataInputStream(from.getInputStream());
				DataOutputStream out = new DataOutputStream(new BufferedOutputStream(to.getOutputStream()));
				while (true) {
					byte[] message = new byte[in.readInt()];
					in.readFully(message);
					int number = (message.length < Integer.BYTES) ? 0 : ByteBuffer.wrap(message).getInt();
					if (number != PING) {
						ZookeeperProxy.this.beforeEach.run();
					}
					if (number != PING && gate == ZookeeperProxy.this.requests) {
						ZookeeperProxy.this.unanswered.incrementAndGet();
					}
					gate.pass(this);
					if (this.closed) {
						break;
					}
					out.writeInt(message.length);
					out.write(message);
					out.flush();
					if (number != PING && number != EVENT && gate == ZookeeperProxy.this.replies) {
						ZookeeperProxy.this.unanswered.decrementAndGet();
					}
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
