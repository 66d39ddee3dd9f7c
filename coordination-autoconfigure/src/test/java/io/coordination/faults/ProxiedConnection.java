package io.coordination.faults;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

import org.jspecify.annotations.Nullable;

/**
 * One client of a {@link FaultProxy} and its connection to the server. Each direction has
 * a thread that reads whole messages and one that writes them when the {@link Gate} lets
 * them pass.
 */
final class ProxiedConnection {

	private final FaultProxy proxy;

	private final String name;

	private final Socket client;

	private final Socket server = new Socket();

	private final boolean swallowed;

	private final Gate toServer;

	private final Gate toClient;

	/** What was sent before the client was torn off, see {@link #detach()}. */
	private final Gate afterDetach = new Gate();

	private final Set<String> sent = ConcurrentHashMap.newKeySet();

	private final BlockingQueue<Message> requests = new LinkedBlockingQueue<>();

	private final BlockingQueue<Message> replies = new LinkedBlockingQueue<>();

	/** What the server has yet to answer. Guarded by itself. */
	private final Deque<Verdict> unanswered = new ArrayDeque<>();

	private volatile List<Thread> threads = List.of();

	ProxiedConnection(FaultProxy proxy, String name, Socket client, boolean swallowed, Gate toServer, Gate toClient) {
		this.proxy = proxy;
		this.name = name;
		this.client = client;
		this.swallowed = swallowed;
		this.toServer = toServer;
		this.toClient = toClient;
	}

	void start(InetSocketAddress address) {
		if (this.swallowed) {
			return;
		}
		try {
			this.client.setTcpNoDelay(true);
			this.server.setTcpNoDelay(true);
			this.server.connect(address, 5000);
		}
		catch (IOException ex) {
			reset();
			return;
		}
		this.threads = List.of(thread("requests", this::readRequests), thread("replies", this::readReplies),
				thread("to-server", this::writeRequests), thread("to-client", this::writeReplies));
		this.threads.forEach(Thread::start);
	}

	boolean isSwallowed() {
		return this.swallowed;
	}

	boolean hasSent(String command) {
		return this.sent.contains(command);
	}

	/**
	 * Resets the client, and holds back what the server has not seen yet until
	 * {@link #deliver()}.
	 */
	void detach() {
		this.afterDetach.shut();
		reset(this.client);
	}

	void deliver() {
		this.afterDetach.open();
	}

	/**
	 * Resets both ends, and forgets what was on its way.
	 */
	void reset() {
		reset(this.client);
		reset(this.server);
		this.threads.forEach(Thread::interrupt);
		this.proxy.ended(this);
	}

	static void reset(Socket socket) {
		try {
			// closing without lingering sends RST instead of FIN
			socket.setSoLinger(true, 0);
		}
		catch (IOException ex) {
			// closed already
		}
		close(socket);
	}

	private void readRequests() {
		try {
			RespReader reader = new RespReader(this.client.getInputStream());
			for (RespFrame frame = reader.read(); frame != null; frame = reader.read()) {
				Request request = Request.of(frame);
				this.sent.add(request.command());
				Fault fault = this.proxy.judge(request);
				if (fault == Fault.RESET_BEFORE) {
					reset();
					return;
				}
				synchronized (this.unanswered) {
					for (int i = request.answers(); i > 0; i--) {
						this.unanswered.add(new Verdict((i == 1) ? fault : null));
					}
				}
				this.requests.add(new Message(frame, false));
			}
		}
		catch (IOException ex) {
			// the client is gone; what it sent is still on its way
		}
		this.requests.add(Message.END);
	}

	private void readReplies() {
		try {
			boolean dropped = false;
			RespReader reader = new RespReader(this.server.getInputStream());
			for (RespFrame frame = reader.read(); frame != null; frame = reader.read()) {
				Fault fault = frame.isPush() ? null : nextVerdict();
				if (fault == Fault.RESET_AFTER) {
					reset();
					return;
				}
				dropped = dropped || fault == Fault.DROP_REPLY;
				if (!dropped) {
					this.replies.add(new Message(frame, fault == Fault.CUT_AFTER));
				}
			}
		}
		catch (IOException ex) {
			// the server is gone; what it sent is still on its way
		}
		this.replies.add(Message.END);
	}

	private @Nullable Fault nextVerdict() {
		synchronized (this.unanswered) {
			Verdict verdict = this.unanswered.poll();
			return (verdict != null) ? verdict.fault() : null;
		}
	}

	private void writeRequests() {
		try {
			for (Message message = this.requests.take(); !message.end(); message = this.requests.take()) {
				this.toServer.pass(message.since());
				this.afterDetach.pass(message.since());
				this.server.getOutputStream().write(message.bytes());
			}
			this.toServer.pass(System.nanoTime());
			this.afterDetach.pass(System.nanoTime());
			this.server.shutdownOutput();
		}
		catch (IOException | InterruptedException ex) {
			reset();
		}
	}

	private void writeReplies() {
		boolean taken = true;
		try {
			for (Message message = this.replies.take(); !message.end(); message = this.replies.take()) {
				this.toClient.pass(message.since());
				taken = taken && writeReply(message);
			}
			this.toClient.pass(System.nanoTime());
			close(this.client);
			close(this.server);
			this.proxy.ended(this);
		}
		catch (InterruptedException ex) {
			reset();
		}
	}

	/**
	 * A client that is gone must not keep its last requests from reaching the server, so
	 * nothing is reset here.
	 */
	private boolean writeReply(Message message) {
		try {
			this.client.getOutputStream().write(message.bytes());
			if (message.cut()) {
				// not a reset: it would discard the answer before the client has read it
				this.client.shutdownOutput();
				reset(this.server);
			}
			return !message.cut();
		}
		catch (IOException ex) {
			return false;
		}
	}

	private Thread thread(String role, Runnable body) {
		Thread thread = new Thread(body, this.name + "-" + role);
		thread.setDaemon(true);
		return thread;
	}

	private static void close(Socket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			// gone anyway
		}
	}

	/**
	 * One message on its way, or the end of the stream.
	 */
	private record Message(RespFrame frame, long since, boolean cut, boolean end) {

		static final Message END = new Message(new RespFrame('_', null, new byte[0]), 0, false, true);

		Message(RespFrame frame, boolean cut) {
			this(frame, System.nanoTime(), cut, false);
		}

		byte[] bytes() {
			return this.frame.raw();
		}

	}

	private record Verdict(@Nullable Fault fault) {

	}

}
