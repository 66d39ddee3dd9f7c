package io.coordination.zookeeper;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.ZooKeeper;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.zookeeper.ZookeeperLockSettings.Access;

/**
 * What tests of the ZooKeeper backend are written with: a server that may be hurt,
 * processes that lock, a view of what is in the server, and a namespace that no other
 * test has.
 */
abstract class ZookeeperFixture {

	static final String ROOT = "/coordination";

	/** Sessions so short that tests can wait for their end. */
	static final ZookeeperLockSettings SHORT = new ZookeeperLockSettings(Duration.ofSeconds(4), Duration.ofSeconds(10),
			Duration.ofSeconds(1), ROOT, Access.OPEN);

	private static final AtomicInteger OWNERS = new AtomicInteger();

	private static ZookeeperServer server;

	private final String namespace = "zookeeper-" + UUID.randomUUID();

	private final Deque<AutoCloseable> opened = new ArrayDeque<>();

	@BeforeAll
	static void startServer() {
		server = ZookeeperServer.startForShortSessions();
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@AfterEach
	final void closeAll() throws Exception {
		server.proxy().pass();
		while (!this.opened.isEmpty()) {
			this.opened.pop().close();
		}
	}

	static ZookeeperServer server() {
		return server;
	}

	/**
	 * Has something closed at the end of the test, before what was opened earlier.
	 */
	final <T extends AutoCloseable> T closing(T closeable) {
		this.opened.push(closeable);
		return closeable;
	}

	/**
	 * A process behind the proxy, connected.
	 */
	final ZookeeperProcess process() {
		return process(SHORT);
	}

	final ZookeeperProcess process(ZookeeperLockSettings settings) {
		ZookeeperProcess process = closing(
				new ZookeeperProcess(ZookeeperLockBackendFactory.of(server.proxy().address(), null, settings)));
		process.session();
		return process;
	}

	/**
	 * A process that nothing disturbs.
	 */
	final ZookeeperProcess undisturbed() {
		return closing(new ZookeeperProcess(ZookeeperLockBackendFactory.of(server.address(), null, SHORT)));
	}

	final LockKey key() {
		return key("invoice:42");
	}

	final LockKey key(String name) {
		return new LockKey(this.namespace, name);
	}

	final LockRequest request() {
		return request(key());
	}

	final LockRequest request(LockKey key) {
		return LockRequest.exclusive(key, new OwnerId("host/1/test#" + OWNERS.incrementAndGet()),
				Duration.ofMinutes(5));
	}

	final String lockPath() {
		return LockPath.of(ROOT, key()).lock();
	}

	/**
	 * The nodes of owners that are there.
	 */
	final List<String> nodes() throws Exception {
		return server.children(lockPath());
	}

	/**
	 * Has a client take its session for ended, while the server goes on with it.
	 * @return the session
	 */
	static ZookeeperSession loseSession(CuratorFramework client) throws Exception {
		ZooKeeper zooKeeper = client.getZookeeperClient().getZooKeeper();
		ZookeeperSession session = new ZookeeperSession(zooKeeper, zooKeeper.getSessionId(), List.of());
		// The client would end a session that it hears of the end of
		zooKeeper.register((event) -> {
		});
		zooKeeper.getTestable().injectSessionExpiration();
		client.getZookeeperClient().reset();
		return session;
	}

	static ConditionFactory patiently() {
		return Awaitility.await().atMost(Duration.ofSeconds(30)).pollDelay(Duration.ZERO);
	}

}
