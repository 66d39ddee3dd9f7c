package io.coordination.zookeeper;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of locks in ZooKeeper.
 *
 * @param connectString Servers to connect to, such as 'zk1:2181,zk2:2181/app'. Without it
 * locks use the session of the application's CuratorFramework.
 * @param sessionTimeout Session to ask for: time after which the locks of a process that
 * died are free. Ignored with the application's CuratorFramework.
 * @param requestTimeout Time after which a request without an answer has failed.
 * @param rootPath Node that all locks are kept under.
 * @param username Name to authenticate with.
 * @param password Password to authenticate with.
 * @param acl Who may use the nodes of locks. Defaults to 'creator' with a username, else
 * to 'open'.
 */
@ConfigurationProperties("coordination.zookeeper")
public record ZookeeperLockProperties(@Nullable String connectString, @DefaultValue("20s") Duration sessionTimeout,
		@DefaultValue("2s") Duration requestTimeout, @DefaultValue("/coordination") String rootPath,
		@Nullable String username, @Nullable String password, ZookeeperLockSettings.@Nullable Access acl) {

	ZookeeperLockSettings.Access access() {
		if (this.acl != null) {
			return this.acl;
		}
		return (this.username != null) ? ZookeeperLockSettings.Access.CREATOR : ZookeeperLockSettings.Access.OPEN;
	}

	/**
	 * Says nothing of the password.
	 */
	@Override
	public String toString() {
		return "ZookeeperLockProperties[connectString=" + this.connectString + ", rootPath=" + this.rootPath + "]";
	}

}
