package io.coordination.zookeeper;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.client.ZKClientConfig;
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

	private final Supplier<Source> source;

	ZookeeperLockBackendFactory(Supplier<Source> source) {
		this.source = source;
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
		Source source = Source.of(client, settings);
		return new ZookeeperLockBackendFactory(() -> source);
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
		return of(connectString, digest, null, settings);
	}

	/**
	 * Makes a factory of backends with a session of their own each.
	 * @param connectString the servers, {@code host:port} separated by commas, and the
	 * path that everything is under
	 * @param digest {@code user:password} to authenticate with, or {@code null} to be
	 * anonymous
	 * @param config of ZooKeeper's client, such as for TLS or SASL, or {@code null} for
	 * its defaults
	 * @param settings the place of the locks, and the times
	 * @return the factory
	 */
	public static ZookeeperLockBackendFactory of(String connectString, byte @Nullable [] digest,
			@Nullable ZKClientConfig config, ZookeeperLockSettings settings) {
		Source source = Source.of(connectString, digest, config, settings);
		return new ZookeeperLockBackendFactory(() -> source);
	}

	@Override
	public String id() {
		return ID;
	}

	@Override
	public LockBackend open(BackendListener listener) {
		Source chosen = this.source.get();
		ZookeeperLockSettings settings = chosen.settings();
		CuratorFramework client = chosen.clients().get();
		Id who = (settings.acl() == ZookeeperLockSettings.Access.CREATOR) ? new Id("auth", "")
				: new Id("world", "anyone");
		List<ACL> acl = Collections.singletonList(new ACL(ZooDefs.Perms.ALL, who));
		ZookeeperConnection connection = new ZookeeperConnection(client, chosen.owned(), listener,
				settings.connectionTimeout(), settings.requestTimeout(), acl);
		return new ZookeeperLockBackend(settings.rootPath(), connection, listener, settings.requestTimeout(),
				chosen.session(client));
	}

	/**
	 * Where sessions come from.
	 *
	 * @param clients makes or finds a client
	 * @param owned whether the client is made for one backend, and ends with it
	 * @param settings the place of the locks, and the times
	 */
	record Source(Supplier<CuratorFramework> clients, boolean owned, ZookeeperLockSettings settings) {

		Source {
			Objects.requireNonNull(settings, "'settings' must not be null");
		}

		static Source of(CuratorFramework client, ZookeeperLockSettings settings) {
			Objects.requireNonNull(client, "'client' must not be null");
			try {
				client.getCuratorListenable();
			}
			catch (UnsupportedOperationException ex) {
				throw new IllegalArgumentException("'client' is a view of another client, which does not tell of the "
						+ "session: give the client itself, instead of what 'usingNamespace' made of it", ex);
			}
			return new Source(() -> client, false, settings);
		}

		static Source of(String connectString, byte @Nullable [] digest, @Nullable ZKClientConfig config,
				ZookeeperLockSettings settings) {
			Objects.requireNonNull(connectString, "'connectString' must not be null");
			return new Source(() -> client(connectString, digest, config, settings), true, settings);
		}

		/**
		 * The length of the session, as far as it is known before one is agreed on.
		 */
		Duration session(CuratorFramework client) {
			int agreed = this.owned ? 0 : client.getZookeeperClient().getLastNegotiatedSessionTimeoutMs();
			return (agreed > 0) ? Duration.ofMillis(agreed) : this.settings.sessionTimeout();
		}

		private static CuratorFramework client(String connectString, byte @Nullable [] digest,
				@Nullable ZKClientConfig config, ZookeeperLockSettings settings) {
			int session = Math.toIntExact(settings.sessionTimeout().toMillis());
			CuratorFrameworkFactory.Builder builder = CuratorFrameworkFactory.builder()
				.connectString(connectString)
				.ensembleTracker(false)
				.sessionTimeoutMs(session)
				.connectionTimeoutMs(session)
				.retryPolicy(new RetryOneTime(1000));
			if (config != null) {
				builder.zkClientConfig(config);
			}
			if (digest != null) {
				builder.authorization("digest", digest);
			}
			return builder.build();
		}

	}

}
