package io.coordination.zookeeper;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;

/**
 * Opens locks in ZooKeeper: over sessions of their own, or over that of a client the
 * application has, which is never closed. Safe for use by many threads.
 */
public final class ZookeeperLockBackendFactory implements LockBackendFactory {

	static final String ID = "zookeeper";

	private final Supplier<CuratorFramework> clients;

	private final boolean owned;

	private final ZookeeperLockSettings settings;

	private ZookeeperLockBackendFactory(Supplier<CuratorFramework> clients, boolean owned,
			ZookeeperLockSettings settings) {
		this.clients = clients;
		this.owned = owned;
		this.settings = Objects.requireNonNull(settings, "'settings' must not be null");
	}

	/**
	 * Makes a factory of backends that share the session of a client. Locks do not heed
	 * its namespace.
	 * @param client a started client
	 * @param settings the place of the locks, and the times, of which the length of the
	 * session is the client's
	 * @return the factory
	 */
	public static ZookeeperLockBackendFactory of(CuratorFramework client, ZookeeperLockSettings settings) {
		Objects.requireNonNull(client, "'client' must not be null");
		return new ZookeeperLockBackendFactory(() -> client, false, settings);
	}

	/**
	 * Makes a factory of backends with a session of their own each.
	 * @param connectString the servers, {@code host:port} separated by commas, and the
	 * path that everything is under
	 * @param digest {@code user:password} to authenticate with, or {@code null} to be
	 * anonymous
	 * @param settings the place of the locks, and the times
	 * @return the factory
	 */
	public static ZookeeperLockBackendFactory of(String connectString, byte @Nullable [] digest,
			ZookeeperLockSettings settings) {
		Objects.requireNonNull(connectString, "'connectString' must not be null");
		return new ZookeeperLockBackendFactory(() -> client(connectString, digest, settings), true, settings);
	}

	private static CuratorFramework client(String connectString, byte @Nullable [] digest,
			ZookeeperLockSettings settings) {
		int session = Math.toIntExact(settings.sessionTimeout().toMillis());
		CuratorFrameworkFactory.Builder builder = CuratorFrameworkFactory.builder()
			.connectString(connectString)
			.ensembleTracker(false)
			.sessionTimeoutMs(session)
			.connectionTimeoutMs(session)
			.retryPolicy(new RetryOneTime(1000));
		if (digest != null) {
			builder.authorization("digest", digest);
		}
		return builder.build();
	}

	@Override
	public String id() {
		return ID;
	}

	@Override
	public LockBackend open(BackendListener listener) {
		CuratorFramework client = this.clients.get();
		Id who = (this.settings.acl() == ZookeeperLockSettings.Access.CREATOR) ? new Id("auth", "")
				: new Id("world", "anyone");
		List<ACL> acl = List.of(new ACL(ZooDefs.Perms.ALL, who));
		ZookeeperConnection connection = new ZookeeperConnection(client, this.owned, listener,
				this.settings.requestTimeout(), acl);
		return new ZookeeperLockBackend(this.settings.rootPath(), connection, listener, this.settings.requestTimeout(),
				session(client));
	}

	/**
	 * The length of the session, as far as it is known before one is agreed on.
	 */
	private Duration session(CuratorFramework client) {
		int agreed = this.owned ? 0 : client.getZookeeperClient().getLastNegotiatedSessionTimeoutMs();
		return (agreed > 0) ? Duration.ofMillis(agreed) : this.settings.sessionTimeout();
	}

}
