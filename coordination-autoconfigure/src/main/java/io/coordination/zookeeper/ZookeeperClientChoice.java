package io.coordination.zookeeper;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.client.ConnectStringParser;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.coordination.zookeeper.ZookeeperLockBackendFactory.Source;

/**
 * Where the locks are: at the servers that are configured for them, or where the
 * application's client is.
 */
final class ZookeeperClientChoice {

	private static final String PREFIX = "coordination.zookeeper.";

	private static final String CONNECT_STRING = "'" + PREFIX + "connect-string'";

	private static final String ADDRESS_EXAMPLE = "'zk1:2181,zk2:2181,zk3:2181'";

	private ZookeeperClientChoice() {
	}

	/**
	 * Chooses.
	 * @param details where a service is that was started for the application, if there is
	 * one: goes before the properties
	 * @param clients the application's clients
	 * @param names the names of all of them
	 * @throws FailureAnalyzedException if that would be a guess, or if the properties
	 * cannot be used
	 */
	static Source choose(ZookeeperLockProperties configured, @Nullable ZookeeperConnectionDetails details,
			ObjectProvider<CuratorFramework> clients, List<String> names) {
		ZookeeperLockProperties properties = (details != null) ? configured.reachedBy(details) : configured;
		ZookeeperLockSettings settings = settings(properties);
		byte[] digest = digest(properties);
		String connectString = properties.connectString();
		if (connectString != null) {
			return Source.of(checked(connectString), digest, ZookeeperTls.config(properties.ssl()), settings);
		}
		if (properties.ssl().isEnabled()) {
			throw new FailureAnalyzedException(
					"'" + PREFIX + "ssl' is set, but not " + CONNECT_STRING
							+ ", and the application's CuratorFramework is connected on its own.",
					"Set " + CONNECT_STRING + ", or remove '" + PREFIX + "ssl'.");
		}
		if (digest != null) {
			throw new FailureAnalyzedException(
					"'" + PREFIX + "username' is set, but not " + CONNECT_STRING
							+ ", and the application's CuratorFramework is authenticated on its own.",
					"Set " + CONNECT_STRING + ", or remove the username.");
		}
		CuratorFramework client = clients.getIfUnique();
		if (client != null) {
			return of(client, settings);
		}
		if (names.isEmpty()) {
			throw new FailureAnalyzedException(
					CONNECT_STRING + " is not set, and there is no CuratorFramework whose session locks could use.",
					"Set " + CONNECT_STRING + ", such as " + ADDRESS_EXAMPLE + ".");
		}
		throw new FailureAnalyzedException(
				"There are several CuratorFrameworks, and locks cannot choose: " + String.join(", ", names) + ".",
				"Make one of them @Primary, or set " + CONNECT_STRING + " to give locks a session of their own.");
	}

	private static Source of(CuratorFramework client, ZookeeperLockSettings settings) {
		try {
			return Source.of(client, settings);
		}
		catch (IllegalArgumentException ex) {
			throw new FailureAnalyzedException(
					"Locks cannot use the application's CuratorFramework: " + ex.getMessage() + ".",
					"Correct the bean, or set " + CONNECT_STRING + " to give locks a session of their own.", ex);
		}
	}

	private static ZookeeperLockSettings settings(ZookeeperLockProperties properties) {
		try {
			return new ZookeeperLockSettings(properties.sessionTimeout(), properties.connectionTimeout(),
					properties.requestTimeout(), properties.rootPath(), properties.access());
		}
		catch (IllegalArgumentException ex) {
			String message = String.valueOf(ex.getMessage());
			String property = message.startsWith("'rootPath'") ? "root-path"
					: message.startsWith("'requestTimeout'") ? "request-timeout"
							: message.startsWith("'connectionTimeout'") ? "connection-timeout" : "session-timeout";
			throw new FailureAnalyzedException("'" + PREFIX + property + "' cannot be used: " + message + ".",
					"Correct '" + PREFIX + property + "'.", ex);
		}
	}

	private static byte @Nullable [] digest(ZookeeperLockProperties properties) {
		String username = properties.username();
		String password = properties.password();
		if ((username == null) != (password == null)) {
			throw new FailureAnalyzedException(
					"Of '" + PREFIX + "username' and '" + PREFIX + "password' only one is set.",
					"Set both, or none of them.");
		}
		if (username == null) {
			if (properties.acl() == ZookeeperLockSettings.Access.CREATOR && properties.connectString() != null) {
				throw new FailureAnalyzedException(
						"'" + PREFIX + "acl' is 'creator', but '" + PREFIX + "username' is not set.",
						"Set '" + PREFIX + "username' and '" + PREFIX + "password', or set the acl to 'open'.");
			}
			return null;
		}
		return (username + ":" + password).getBytes(StandardCharsets.UTF_8);
	}

	private static String checked(String connectString) {
		try {
			List<InetSocketAddress> servers = new ConnectStringParser(connectString).getServerAddresses();
			if (servers.isEmpty() || servers.stream().anyMatch((server) -> server.getHostString().isEmpty())) {
				throw new IllegalArgumentException("a server is missing");
			}
			return connectString;
		}
		catch (IllegalArgumentException ex) {
			throw new FailureAnalyzedException(
					CONNECT_STRING + " cannot be used: '" + connectString + "' (" + ex.getMessage() + ").",
					"Set it to addresses such as " + ADDRESS_EXAMPLE + ", and a path at the end if need be.", ex);
		}
	}

}
