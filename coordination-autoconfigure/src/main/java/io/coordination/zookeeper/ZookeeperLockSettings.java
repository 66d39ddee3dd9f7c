package io.coordination.zookeeper;

import java.time.Duration;
import java.util.Objects;

import org.apache.zookeeper.common.PathUtils;

/**
 * The times and the place of locks in ZooKeeper.
 *
 * @param sessionTimeout the session to ask for: the time after which the locks of a
 * process that died are free
 * @param connectionTimeout the longest wait of a start-up check for the first connection
 * @param requestTimeout the time after which a request without an answer has failed, also
 * for want of a connection
 * @param rootPath the node that all locks are kept under
 * @param acl who may use the nodes
 */
public record ZookeeperLockSettings(Duration sessionTimeout, Duration connectionTimeout, Duration requestTimeout,
		String rootPath, Access acl) {

	private static final Duration SHORTEST = Duration.ofMillis(1);

	/**
	 * Who may use the nodes of locks.
	 */
	public enum Access {

		/** Everybody. */
		OPEN,

		/** Those who are authenticated as the process that created them. */
		CREATOR

	}

	/**
	 * Checks the parts.
	 */
	public ZookeeperLockSettings {
		Objects.requireNonNull(acl, "'acl' must not be null");
		if (requestTimeout.compareTo(SHORTEST) < 0) {
			throw new IllegalArgumentException("'requestTimeout' must be at least 1ms: " + requestTimeout);
		}
		if (connectionTimeout.compareTo(SHORTEST) < 0) {
			throw new IllegalArgumentException("'connectionTimeout' must be at least 1ms: " + connectionTimeout);
		}
		if (sessionTimeout.compareTo(requestTimeout.multipliedBy(2)) < 0
				|| sessionTimeout.toMillis() > Integer.MAX_VALUE) {
			throw new IllegalArgumentException("'sessionTimeout' must be at least twice the 'requestTimeout' of "
					+ requestTimeout.toMillis() + " ms, and at most " + Integer.MAX_VALUE + " ms: " + sessionTimeout);
		}
		if (rootPath.equals("/")) {
			throw new IllegalArgumentException("'rootPath' must not be the root of the server: '/'");
		}
		try {
			PathUtils.validatePath(rootPath);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("'rootPath' is no path in ZooKeeper: '" + rootPath + "'", ex);
		}
	}

	/**
	 * What fits an ensemble nearby: a session of 20 s, 10 s to connect, 2 s for a
	 * request, {@code /coordination}, open to everybody.
	 * @return the defaults
	 */
	public static ZookeeperLockSettings defaults() {
		return new ZookeeperLockSettings(Duration.ofSeconds(20), Duration.ofSeconds(10), Duration.ofSeconds(2),
				"/coordination", Access.OPEN);
	}

	/**
	 * The longest time between two polls of a waiter: less than half of what a session of
	 * this length surely lasts after one.
	 * @param session the length of the session
	 * @return a fifth of it
	 */
	static Duration pollInterval(Duration session) {
		return session.dividedBy(5);
	}

}
