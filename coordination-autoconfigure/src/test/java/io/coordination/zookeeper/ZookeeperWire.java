package io.coordination.zookeeper;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.apache.zookeeper.ZooDefs.OpCode;

/**
 * A network between a client and a server that takes its time in both directions, and
 * counts what the client asks for. Pings, and what builds a connection or a session, do
 * not count.
 * <p>
 * <b>Round trips</b> are counted by cause and not by time. An answer has a depth: one
 * more than the deepest answer that had been handed to the client when the question came.
 * Questions that leave together, before an answer to one of them, have the same depth; a
 * question that its sender could only ask after an answer is one deeper. So the growth of
 * the {@linkplain #depth() greatest depth handed over} during a call is how often the
 * call had to wait for the server: an answer that comes after the call has returned is
 * not waited for. A call that is held up by something else between two questions may
 * appear to wait once more than it had to, never less.
 * <p>
 * Listens on a free loopback port. Safe for use by many threads.
 */
final class ZookeeperWire implements AutoCloseable {

	private static final Map<Integer, String> KINDS = Map.ofEntries(Map.entry(OpCode.create, "create"),
			Map.entry(OpCode.create2, "create2"), Map.entry(OpCode.createContainer, "createContainer"),
			Map.entry(OpCode.delete, "delete"), Map.entry(OpCode.exists, "exists"),
			Map.entry(OpCode.getData, "getData"), Map.entry(OpCode.getChildren, "getChildren"),
			Map.entry(OpCode.getChildren2, "getChildren2"), Map.entry(OpCode.multi, "multi"),
			Map.entry(OpCode.checkWatches, "checkWatches"), Map.entry(OpCode.removeWatches, "removeWatches"));

	private static final Set<Integer> NOT_COUNTED = Set.of(OpCode.ping, OpCode.auth, OpCode.setWatches,
			OpCode.setWatches2, OpCode.closeSession);

	private final int serverPort;

	private final long delayNanos;

	private final ServerSocket listener;

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	// guarded by this, like depths
	private final Map<String, Integer> requests = new TreeMap<>();

	private int depth;

	private String fatal;

	ZookeeperWire(int serverPort, Duration delay) {
		this.serverPort = serverPort;
		this.delayNanos = delay.toNanos();
		try {
			this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		start(this::accept);
	}

	String address() {
		return "127.0.0.1:" + this.listener.getLocalPort();
	}

	/**
	 * Forgets what was counted.
	 */
	synchronized void reset() {
		this.requests.clear();
	}

	synchronized int requests() {
		return this.requests.values().stream().mapToInt(Integer::intValue).sum();
	}

	synchronized int requests(String kind) {
		return this.requests.getOrDefault(kind, 0);
	}

	synchronized Map<String, Integer> byKind() {
		return new TreeMap<>(this.requests);
	}

	/**
	 * The greatest depth of an answer that the client has been handed.
	 */
	synchronized int depth() {
		return this.depth;
	}

	/**
	 * Has the next request of a kind break the connection instead of getting through.
	 */
	synchronized void breakAt(String kind) {
		this.fatal = kind;
	}

	private synchronized int asked(int kind) throws IOException {
		String name = KINDS.getOrDefault(kind, "kind " + kind);
		this.requests.merge(name, 1, Integer::sum);
		if (name.equals(this.fatal)) {
			this.fatal = null;
			throw new IOException("Broken at " + name);
		}
		return this.depth + 1;
	}

	private synchronized void answered(int depth) {
		this.depth = Math.max(this.depth, depth);
	}

	@Override
	public void close() {
		closeQuietly(this.listener);
		this.sockets.forEach(ZookeeperWire::closeQuietly);
	}

	private static void closeQuietly(AutoCloseable closeable) {
		try {
			closeable.close();
		}
		catch (Exception ex) {
			// closed is closed
		}
	}

	private void accept() {
		while (!this.listener.isClosed()) {
			try {
				Socket client = this.listener.accept();
				Socket server = new Socket(InetAddress.getLoopbackAddress(), this.serverPort);
				this.sockets.addAll(Set.of(client, server));
				client.setTcpNoDelay(true);
				server.setTcpNoDelay(true);
				Map<Integer, Integer> depths = new ConcurrentHashMap<>();
				new Direction(client, server).start((frame) -> {
					int kind = frame.getInt(4);
					if (!NOT_COUNTED.contains(kind)) {
						depths.put(frame.getInt(0), asked(kind));
					}
				}, (frame) -> {
				});
				new Direction(server, client).start((frame) -> {
				}, (frame) -> {
					Integer depth = depths.remove(frame.getInt(0));
					if (depth != null) {
						answered(depth);
					}
				});
			}
			catch (IOException ex) {
				// closed, or a client that was gone at once
			}
		}
	}

	private static void start(Interruptible body) {
		Thread thread = new Thread(() -> {
			try {
				body.run();
			}
			catch (IOException | InterruptedException ex) {
				// one end is gone
			}
		}, "zookeeper-wire");
		thread.setDaemon(true);
		thread.start();
	}

	/**
	 * One direction of a connection: the first frame builds the session, the others have
	 * their number in front, and those of the client their kind behind it.
	 */
	private final class Direction {

		private final Socket from;

		private final Socket to;

		private final BlockingQueue<Frame> onTheirWay = new LinkedBlockingQueue<>();

		Direction(Socket from, Socket to) {
			this.from = from;
			this.to = to;
		}

		void start(Seen onDeparture, Seen onArrival) {
			ZookeeperWire.start(() -> read(onDeparture));
			ZookeeperWire.start(() -> write(onArrival));
		}

		private void read(Seen onDeparture) throws IOException {
			try (this.from; this.to; DataInputStream in = new DataInputStream(this.from.getInputStream())) {
				for (boolean first = true;; first = false) {
					ByteBuffer content = ByteBuffer.allocate(in.readInt());
					in.readFully(content.array());
					if (!first) {
						onDeparture.frame(content);
					}
					this.onTheirWay.add(new Frame(content, first, System.nanoTime() + ZookeeperWire.this.delayNanos));
				}
			}
		}

		private void write(Seen onArrival) throws IOException, InterruptedException {
			DataOutputStream out = new DataOutputStream(this.to.getOutputStream());
			while (!this.to.isClosed()) {
				Frame frame = this.onTheirWay.poll(1, TimeUnit.SECONDS);
				if (frame != null) {
					TimeUnit.NANOSECONDS.sleep(frame.due - System.nanoTime());
					if (!frame.first) {
						onArrival.frame(frame.content);
					}
					ByteBuffer whole = ByteBuffer.allocate(4 + frame.content.capacity());
					out.write(whole.putInt(frame.content.capacity()).put(frame.content).array());
				}
			}
		}

	}

	private record Frame(ByteBuffer content, boolean first, long due) {

	}

	private interface Seen {

		void frame(ByteBuffer content) throws IOException;

	}

	private interface Interruptible {

		void run() throws IOException, InterruptedException;

	}

}
