package io.coordination.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * A network between a Redis client and its server that can be spoiled: it delays, stalls,
 * drops and resets, and counts the requests that went through. Listens on a free loopback
 * port. Reads the protocol on both sides, so that a fault hits a whole request or a whole
 * answer, and messages of subscriptions are not taken for answers.
 * <p>
 * Bytes the client had sent before it closed its end still reach the server, as in a real
 * network; a stalled connection therefore delivers old requests late. Safe for use by
 * many threads.
 */
final class FaultProxy implements AutoCloseable {

	private final InetSocketAddress server;

	private final ServerSocket listener;

	private final Thread acceptor;

	private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();

	private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

	private final List<Injection> injections = new CopyOnWriteArrayList<>();

	private final AtomicInteger accepted = new AtomicInteger();

	private final Gate toServer = new Gate();

	private final Gate toClient = new Gate();

	private volatile NewConnections newConnections = NewConnections.SERVED;

	private volatile boolean closed;

	/**
	 * Opens a proxy before a server on this machine.
	 * @param serverPort where the server listens; it need not be up yet
	 */
	FaultProxy(int serverPort) {
		InetAddress loopback = InetAddress.getLoopbackAddress();
		this.server = new InetSocketAddress(loopback, serverPort);
		try {
			this.listener = new ServerSocket(0, 200, loopback);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.acceptor = new Thread(this::accept, "fault-proxy-" + port());
		this.acceptor.setDaemon(true);
		this.acceptor.start();
	}

	int port() {
		return this.listener.getLocalPort();
	}

	/**
	 * Ends all faults. What was stalled flows on, and connections from the time of a
	 * {@link #blackHole()} are reset, so that their clients try again.
	 */
	void pass() {
		this.injections.clear();
		boolean wasBlackHole = this.newConnections == NewConnections.SWALLOWED;
		this.newConnections = NewConnections.SERVED;
		if (wasBlackHole) {
			this.connections.stream().filter(ProxiedConnection::isSwallowed).forEach(ProxiedConnection::reset);
		}
		delay(Duration.ZERO, Duration.ZERO);
		this.toServer.open();
		this.toClient.open();
		this.connections.forEach(ProxiedConnection::deliver);
	}

	/**
	 * Delays every request and every answer. Order and throughput stay.
	 */
	void delay(Duration toServer, Duration toClient) {
		this.toServer.delay(toServer);
		this.toClient.delay(toClient);
	}

	/**
	 * Holds back everything in both directions until {@link #pass()}; connections stay
	 * open.
	 */
	void stall() {
		stallRequests();
		stallReplies();
	}

	void stallRequests() {
		this.toServer.shut();
	}

	void stallReplies() {
		this.toClient.shut();
	}

	/**
	 * Accepts new connections and never answers on them, until {@link #pass()}.
	 */
	void blackHole() {
		this.newConnections = NewConnections.SWALLOWED;
	}

	/**
	 * Resets new connections at once, until {@link #pass()}.
	 */
	void refuse() {
		this.newConnections = NewConnections.REFUSED;
	}

	/**
	 * Parts the client from the server until {@link #pass()}: nothing flows, nobody is
	 * told.
	 */
	void partition() {
		blackHole();
		stall();
	}

	/**
	 * Resets all open connections. New ones are served, unless told otherwise.
	 */
	void cut() {
		this.connections.forEach(ProxiedConnection::reset);
	}

	/**
	 * Resets the open connections that have sent a request of this kind, such as
	 * {@code SUBSCRIBE}.
	 * @return how many there were
	 */
	int cutThoseThatSent(String command) {
		List<ProxiedConnection> found = this.connections.stream().filter((c) -> c.hasSent(command)).toList();
		found.forEach(ProxiedConnection::reset);
		return found.size();
	}

	/**
	 * Resets the clients of all open connections and serves them anew, but keeps what
	 * they had sent and the server has not seen yet, until {@link #pass()}: bytes of an
	 * old connection that arrive after those of a new one.
	 */
	void detach() {
		this.connections.forEach(ProxiedConnection::detach);
		this.toServer.open();
		this.toClient.open();
	}

	/**
	 * Spoils the next requests of some kind.
	 * @param fault what to do
	 * @param which the requests it is meant for
	 * @param times how many of them
	 * @return tells how many were hit so far
	 */
	Injection inject(Fault fault, Predicate<Request> which, int times) {
		return injectAfter(0, fault, which, times);
	}

	/**
	 * Spoils later requests of some kind.
	 * @param spared how many of them go through unharmed before
	 * @param fault what to do
	 * @param which the requests it is meant for
	 * @param times how many of them
	 * @return tells how many were hit so far
	 */
	Injection injectAfter(int spared, Fault fault, Predicate<Request> which, int times) {
		Injection injection = new Injection(fault, which, spared, times);
		this.injections.add(injection);
		return injection;
	}

	/**
	 * The number of requests since the start or the last {@link #resetCounters()}, by
	 * command name.
	 */
	Map<String, Long> requests() {
		Map<String, Long> requests = new TreeMap<>();
		this.counts.forEach((command, count) -> requests.put(command, count.sum()));
		return requests;
	}

	long requestCount() {
		return this.counts.values().stream().mapToLong(LongAdder::sum).sum();
	}

	void resetCounters() {
		this.counts.clear();
	}

	int openConnections() {
		return this.connections.size();
	}

	@Override
	public void close() {
		this.closed = true;
		try {
			this.listener.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		cut();
		pass();
		try {
			this.acceptor.join();
			for (ProxiedConnection connection : this.connections) {
				connection.reset();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Nullable Fault judge(Request request) {
		this.counts.computeIfAbsent(request.command(), (command) -> new LongAdder()).increment();
		for (Injection injection : this.injections) {
			if (injection.takes(request)) {
				return injection.fault();
			}
		}
		return null;
	}

	void ended(ProxiedConnection connection) {
		this.connections.remove(connection);
	}

	private void accept() {
		while (!this.closed) {
			try {
				Socket client = this.listener.accept();
				if (this.newConnections == NewConnections.REFUSED) {
					ProxiedConnection.reset(client);
					continue;
				}
				boolean swallowed = this.newConnections == NewConnections.SWALLOWED;
				String name = "fault-proxy-" + port() + "-" + this.accepted.incrementAndGet();
				ProxiedConnection connection = new ProxiedConnection(this, name, client, swallowed, this.toServer,
						this.toClient);
				this.connections.add(connection);
				connection.start(this.server);
			}
			catch (IOException ex) {
				// closed, or a client that was gone at once
			}
		}
	}

	private enum NewConnections {

		SERVED, SWALLOWED, REFUSED

	}

}
