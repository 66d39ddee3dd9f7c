package io.coordination.zookeeper;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.FourLetterWordMain;
import org.apache.zookeeper.common.X509Exception.SSLContextException;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A real ZooKeeper, reached through a proxy by those whose connection is to be hurt. Its
 * sessions may be short. Looks into the server by a client of its own.
 */
public final class ZookeeperServer implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private final ZookeeperMachines machines;

	private final ZookeeperProxy proxy;

	private @Nullable ZooKeeper looking;

	private ZookeeperServer(ZookeeperMachines machines) {
		this.machines = machines;
		this.proxy = new ZookeeperProxy(machines.ports());
	}

	/**
	 * Starts a server that allows for sessions of 2 to 20 s.
	 * @return the running server
	 */
	public static ZookeeperServer start() {
		return start(1000);
	}

	/**
	 * Starts a server that allows for sessions of 400 ms to 20 s.
	 * @return the running server
	 */
	public static ZookeeperServer startForShortSessions() {
		return start(200);
	}

	/**
	 * Three servers in this process, with sessions of 2 to 20 s.
	 */
	static ZookeeperServer startEnsemble() {
		return of(ZookeeperEnsemble.start(1000));
	}

	/**
	 * What tests see of an ensemble that they hurt themselves.
	 * @param ensemble the servers, which are stopped with this
	 * @return the view
	 */
	public static ZookeeperServer of(ZookeeperEnsemble ensemble) {
		return new ZookeeperServer(ensemble);
	}

	/**
	 * The server that Debian has, with sessions of 2 to 20 s.
	 */
	static ZookeeperServer startPackage() {
		return start(() -> ZookeeperPackage.start(1000));
	}

	private static ZookeeperServer start(int tickMillis) {
		return start(() -> new Single(new TestingServer(new InstanceSpec(null, -1, -1, -1, true, -1, tickMillis, -1,
				Map.of("maxSessionTimeout", "20000"), "127.0.0.1"), true)));
	}

	private static ZookeeperServer start(Callable<ZookeeperMachines> machines) {
		prepare();
		try {
			return new ZookeeperServer(machines.call());
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Sets what the first server of this process reads.
	 */
	static void prepare() {
		System.setProperty("zookeeper.4lw.commands.whitelist", "*");
		// What is lost when the machine goes down is of no use to a test
		System.setProperty("zookeeper.forceSync", "no");
	}

	/**
	 * Makes a proxy before all servers, in addition to {@link #proxy()}.
	 * @return a proxy that the caller closes
	 */
	public ZookeeperProxy newProxy() {
		return new ZookeeperProxy(this.machines.ports());
	}

	ZookeeperProxy proxy() {
		return this.proxy;
	}

	/**
	 * The address without the proxy.
	 * @return host and port of each server, separated by commas
	 */
	public String address() {
		return this.machines.ports().stream().map((port) -> "127.0.0.1:" + port).collect(Collectors.joining(","));
	}

	int port() {
		return this.machines.ports().get(0);
	}

	void stop() {
		try {
			this.machines.stop();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Starts the server again, with what it had.
	 */
	void restart() {
		try {
			this.machines.restart();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Ends a session at the server. Its client is not asked, and hears of it when it
	 * comes back.
	 */
	void expire(ZookeeperSession session) throws InterruptedException, IOException {
		expire(session.id(), session.zooKeeper().getSessionPasswd());
	}

	/**
	 * Ends a session at the server that nothing but the number is known of. Servers make
	 * the password of a session from its number.
	 * @param session the session
	 * @throws InterruptedException if the thread is interrupted
	 * @throws IOException if there is no connection to the server
	 */
	public void expire(long session) throws InterruptedException, IOException {
		byte[] password = new byte[16];
		new Random(session ^ 0xB3415C00L).nextBytes(password);
		expire(session, password);
	}

	private void expire(long session, byte[] password) throws InterruptedException, IOException {
		CountDownLatch connected = new CountDownLatch(1);
		ZooKeeper twin = new ZooKeeper(address(), 10_000, (event) -> {
			if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
				connected.countDown();
			}
		}, session, password);
		assertThat(connected.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		twin.close();
	}

	/**
	 * A client to look into the server with.
	 */
	synchronized ZooKeeper look() throws InterruptedException, IOException {
		ZooKeeper known = this.looking;
		if (known == null) {
			CountDownLatch connected = new CountDownLatch(1);
			known = new ZooKeeper(address(), 10_000, (event) -> connected.countDown());
			assertThat(connected.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			this.looking = known;
		}
		return known;
	}

	/**
	 * The names below a node, or none where there is no such node.
	 * @param path the node
	 * @return the names
	 * @throws InterruptedException if the thread is interrupted
	 * @throws IOException if there is no connection to the server
	 * @throws KeeperException if the server cannot answer
	 */
	public List<String> children(String path) throws InterruptedException, IOException, KeeperException {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		while (true) {
			try {
				return look().getChildren(path, false);
			}
			catch (KeeperException.NoNodeException ex) {
				return List.of();
			}
			catch (KeeperException.ConnectionLossException ex) {
				// A busy machine answers late, and the client connects again by itself
				if (System.nanoTime() > deadline) {
					throw ex;
				}
			}
		}
	}

	/**
	 * The sessions that the nodes of a process below a lock end with.
	 * @param path the lock
	 * @param pid the process
	 * @return a session for each node
	 * @throws Exception if the server cannot be asked
	 */
	public List<Long> sessions(String path, long pid) throws Exception {
		List<Long> sessions = new ArrayList<>();
		for (String node : children(path)) {
			// Each name has the process in it, as '<host>/<pid>/<instance>' in its
			// encoding
			Stat stat = node.contains("%2F" + pid + "%2F") ? look().exists(path + "/" + node, false) : null;
			if (stat != null) {
				sessions.add(stat.getEphemeralOwner());
			}
		}
		return sessions;
	}

	/**
	 * Whether somebody watches a node below another one.
	 */
	boolean isWatchedBelow(String path) throws IOException, SSLContextException {
		return FourLetterWordMain.send4LetterWord("127.0.0.1", port(), "wchp").contains(path + "/");
	}

	Stat stat(String path) throws InterruptedException, IOException, KeeperException {
		return Objects.requireNonNull(look().exists(path, false), path);
	}

	/**
	 * The node that stands first in a line of one.
	 */
	String lockNode(String lock) throws InterruptedException, IOException, KeeperException {
		return lock + "/" + children(lock).get(0);
	}

	@Override
	public void close() {
		try {
			ZooKeeper known = this.looking;
			if (known != null) {
				known.close();
			}
			this.proxy.close();
			this.machines.close();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * One server in this process.
	 */
	private record Single(TestingServer server) implements ZookeeperMachines {

		@Override
		public List<Integer> ports() {
			return List.of(this.server.getPort());
		}

		@Override
		public void stop() throws IOException {
			this.server.stop();
		}

		@Override
		public void restart() throws Exception {
			this.server.restart();
		}

		@Override
		public void close() throws IOException {
			this.server.close();
		}

	}

}
