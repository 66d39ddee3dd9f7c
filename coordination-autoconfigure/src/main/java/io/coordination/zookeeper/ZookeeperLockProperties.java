package io.coordination.zookeeper;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.StringUtils;

/**
 * Properties of locks in ZooKeeper.
 *
 * @param connectString Servers to connect to, such as 'zk1:2181,zk2:2181/app'. Without it
 * locks use the session of the application's CuratorFramework.
 * @param sessionTimeout Session to ask for: time after which the locks of a process that
 * died are free. Ignored with the application's CuratorFramework.
 * @param connectionTimeout Longest wait of the start-up check for the first connection.
 * @param requestTimeout Time after which a request without an answer has failed.
 * @param rootPath Node that all locks are kept under.
 * @param username Name to authenticate with.
 * @param password Password to authenticate with.
 * @param acl Who may use the nodes of locks. Defaults to 'creator' with a username, else
 * to 'open'.
 * @param ssl How to connect with TLS.
 */
@ConfigurationProperties("coordination.zookeeper")
public record ZookeeperLockProperties(@Nullable String connectString, @DefaultValue("20s") Duration sessionTimeout,
		@DefaultValue("10s") Duration connectionTimeout, @DefaultValue("2s") Duration requestTimeout,
		@DefaultValue("/coordination") String rootPath, @Nullable String username, @Nullable String password,
		ZookeeperLockSettings.@Nullable Access acl, @DefaultValue Ssl ssl) {

	/**
	 * Nothing where a placeholder had no value is as good as not set.
	 */
	public ZookeeperLockProperties {
		username = StringUtils.hasLength(username) ? username : null;
		password = StringUtils.hasLength(password) ? password : null;
	}

	ZookeeperLockSettings.Access access() {
		if (this.acl != null) {
			return this.acl;
		}
		return (this.username != null) ? ZookeeperLockSettings.Access.CREATOR : ZookeeperLockSettings.Access.OPEN;
	}

	/**
	 * The same, but where a service is.
	 */
	ZookeeperLockProperties reachedBy(ZookeeperConnectionDetails details) {
		return new ZookeeperLockProperties(details.getConnectString(), this.sessionTimeout, this.connectionTimeout,
				this.requestTimeout, this.rootPath, details.getUsername(), details.getPassword(), this.acl, this.ssl);
	}

	/**
	 * Properties of TLS.
	 *
	 * @param enabled Whether to connect with TLS. Defaults to whether a store is set.
	 * @param keyStore File with the key and the certificate to show to servers.
	 * @param keyStorePassword Password of the key store.
	 * @param trustStore File with the certificates of those who vouch for servers.
	 * Defaults to those that the JDK trusts.
	 * @param trustStorePassword Password of the trust store.
	 */
	public record Ssl(@Nullable Boolean enabled, @Nullable String keyStore, @Nullable String keyStorePassword,
			@Nullable String trustStore, @Nullable String trustStorePassword) {

		boolean isEnabled() {
			return (this.enabled != null) ? this.enabled : this.keyStore != null || this.trustStore != null;
		}

		/**
		 * Says nothing of the passwords.
		 */
		@Override
		public String toString() {
			return "Ssl[enabled=" + isEnabled() + ", keyStore=" + this.keyStore + ", trustStore=" + this.trustStore
					+ "]";
		}

	}

	/**
	 * Says nothing of the password.
	 */
	@Override
	public String toString() {
		return "ZookeeperLockProperties[connectString=" + this.connectString + ", rootPath=" + this.rootPath + "]";
	}

}
