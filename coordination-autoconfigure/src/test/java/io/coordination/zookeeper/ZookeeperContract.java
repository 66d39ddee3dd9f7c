package io.coordination.zookeeper;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

import io.coordination.backend.ContractClient;
import io.coordination.backend.LockBackendContract;
import io.coordination.backend.LockBackendFactory;

/**
 * The contract on a real ZooKeeper, which is each test's own because it is hurt.
 */
abstract class ZookeeperContract extends LockBackendContract {

	private static @Nullable ZookeeperServer server;

	private boolean stopped;

	/**
	 * Runs the sentences on a server that is closed after the last one.
	 */
	static void runOn(ZookeeperServer started) {
		server = started;
	}

	static String address() {
		return server.proxy().address();
	}

	@AfterAll
	static void stopServer() {
		ZookeeperServer started = server;
		server = null;
		if (started != null) {
			started.close();
		}
	}

	@Override
	protected LockBackendFactory newFactory() {
		return ZookeeperLockBackendFactory.of(address(), null, new ZookeeperLockSettings(Duration.ofSeconds(16),
				Duration.ofSeconds(10), Duration.ofSeconds(3), "/coordination", ZookeeperLockSettings.Access.OPEN));
	}

	/**
	 * No lock in this store ends by time, so there is nothing to wait for.
	 */
	@Override
	protected void passTime(Duration duration) {
		super.passTime(Duration.ofMillis(Math.min(100, duration.toMillis())));
	}

	@Override
	protected void die(ContractClient client, Duration lease) {
		ZookeeperConnection connection = ((ZookeeperLockBackend) client.backend()).connection();
		ZookeeperSession session = await(connection);
		try {
			server.expire(session);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
		// Its client would hear of it only when it has connected again
		session.zooKeeper().getTestable().injectSessionExpiration();
		Awaitility.await().pollDelay(Duration.ZERO).until(() -> await(connection).id() != session.id());
	}

	private static ZookeeperSession await(ZookeeperConnection connection) {
		return Awaitility.await().pollDelay(Duration.ZERO).until(connection::session, (session) -> session != null);
	}

	/**
	 * It tells who holds a lock, but not until when.
	 */
	@Override
	protected boolean tellsWhyBusy() {
		return false;
	}

	@Override
	protected boolean cutOffStore() {
		server.proxy().stall();
		return true;
	}

	@Override
	protected boolean stopStore() {
		server.stop();
		this.stopped = true;
		return true;
	}

	@Override
	protected boolean breakConnections() {
		server.proxy().cut();
		return true;
	}

	@Override
	protected void restoreStore() {
		server.proxy().pass();
		if (this.stopped) {
			server.restart();
			this.stopped = false;
		}
	}

}
