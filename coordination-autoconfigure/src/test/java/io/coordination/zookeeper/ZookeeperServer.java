package io.coordination.zookeeper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A real ZooKeeper in this process, reached through a proxy by those whose connection is
 * to be hurt. Its sessions may be short. Looks into the server by a client of its own.
 */
final class ZookeeperServer implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private final TestingServer server;

	private final ZookeeperProxy proxy;

	private @Nullable ZooKeeper looking;

	private ZookeeperServer(TestingServer server) {
		this.server = server;
		this.proxy = new ZookeeperProxy(server.getPort());
	}

	/**
	 * A server that allows for sessions of 2 to 20 s.
	 */
	static ZookeeperServer start() {
		return start(1000);
	}

	/**
	 * A server that allows for sessions of 400 ms to 4 s.
	 */
	static ZookeeperServer startForShortSessions() {
		return start(200);
	}

	private static ZookeeperServer start(int tickMillis) {
		// Read once, by the first server of this process
		System.setProperty("zookeeper.4lw.commands.whitelist", "*");
		try {
			InstanceSpec spec = new InstanceSpec(null, -1, -1, -1, true, -1, tickMillis, -1);
			return new ZookeeperServer(new TestingServer(spec, true));
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	ZookeeperProxy proxy() {
		return this.proxy;
	}

	/**
	 * The address without the proxy.
	 */
	String address() {
		return this.server.getConnectString();
	}

	int port() {
		return this.server.getPort();
	}

	void stop() {
		try {
			this.server.stop();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Starts the server again, with what it had.
	 */
	void restart() {
		try {
			this.server.restart();
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
		CountDownLatch connected = new CountDownLatch(1);
		ZooKeeper twin = new ZooKeeper(address(), 10_000, (event) -> {
			if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
				connected.countDown();
			}
		}, session.id(), session.zooKeeper().getSessionPasswd());
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
	 */
	List<String> children(String path) throws InterruptedException, IOException, KeeperException {
		try {
			return look().getChildren(path, false);
		}
		catch (KeeperException.NoNodeException ex) {
			return List.of();
		}
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
			this.server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
