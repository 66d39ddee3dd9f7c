package io.coordination.zookeeper;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * Where the ZooKeeper of locks is, and how to get in. A bean of this type goes before the
 * properties {@code coordination.zookeeper.connect-string}, {@code username} and
 * {@code password}. Testcontainers and Docker Compose make one of a service called
 * {@code zookeeper}.
 */
public interface ZookeeperConnectionDetails extends ConnectionDetails {

	/**
	 * The servers, and the path that everything is under.
	 * @return {@code host:port}, separated by commas, and a path at the end if need be
	 */
	String getConnectString();

	/**
	 * The name to authenticate with.
	 * @return the name, or {@code null} to be anonymous
	 */
	default @Nullable String getUsername() {
		return null;
	}

	/**
	 * The password to authenticate with.
	 * @return the password, or {@code null} to be anonymous
	 */
	default @Nullable String getPassword() {
		return null;
	}

}
