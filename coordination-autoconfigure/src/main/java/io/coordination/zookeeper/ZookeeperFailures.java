package io.coordination.zookeeper;

import java.util.concurrent.CompletionException;

import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;

import io.coordination.backend.BackendException;
import io.coordination.backend.LockKey;

/**
 * What ZooKeeper reports, as what it means for a lock: surely not done, or nobody knows.
 */
final class ZookeeperFailures {

	private static final String ADDRESS = "'coordination.zookeeper.connect-string'";

	private ZookeeperFailures() {
	}

	/**
	 * Whether a request that was answered so may have had its effect. That the session
	 * has ended may be known to the client alone.
	 */
	static boolean mayHaveApplied(Code code) {
		return switch (code) {
			case CONNECTIONLOSS, OPERATIONTIMEOUT, REQUESTTIMEOUT, SESSIONEXPIRED -> true;
			default -> false;
		};
	}

	static BackendException answered(Code code, String path) {
		KeeperException cause = KeeperException.create(code, path);
		return new BackendException(switch (code) {
			case CONNECTIONLOSS, OPERATIONTIMEOUT, REQUESTTIMEOUT -> "The connection to ZooKeeper broke";
			case SESSIONEXPIRED -> "The session with ZooKeeper has ended";
			case NOAUTH, INVALIDACL, AUTHFAILED -> "ZooKeeper does not permit it at '" + path
					+ "' (check 'coordination.zookeeper.username', '.password' and '.acl'): " + code;
			default -> "ZooKeeper refused: " + cause.getMessage();
		}, mayHaveApplied(code), cause);
	}

	/**
	 * The nodes above those of owners could not be made.
	 */
	static BackendException notMade(Code code, LockPath path) {
		return (code != Code.OK && code != Code.NONODE) ? answered(code, path.lock()) : noChroot(path.root().get(0));
	}

	static BackendException noChroot(String path) {
		return new BackendException("There is no node above '" + path + "' in ZooKeeper: create the path that ends "
				+ ADDRESS + ", or remove it there", false, null);
	}

	static BackendException notConnected() {
		return new BackendException("Not connected to ZooKeeper", false, null);
	}

	static BackendException notReached() {
		return new BackendException(
				"ZooKeeper cannot be reached. Check that it runs, " + ADDRESS + ", and '.ssl' if it wants TLS", false,
				null);
	}

	static BackendException silent(String timeout) {
		return new BackendException(
				"ZooKeeper did not answer within " + timeout + " (coordination.zookeeper.request-timeout)", true, null);
	}

	static BackendException closed(boolean mayHaveApplied) {
		return new BackendException("The connection for locks in ZooKeeper is closed", mayHaveApplied, null);
	}

	static BackendException tooLate() {
		return new BackendException("ZooKeeper answered too late, or with a node that is not ours", true, null);
	}

	static BackendException foreign(LockPath path, String child) {
		return new BackendException("Node '" + path.node(child) + "' in ZooKeeper is not of this library, or of "
				+ "another version of it, and is left alone: remove it, or use another "
				+ "'coordination.zookeeper.root-path'", false, null);
	}

	static BackendException wornOut(LockKey key, LockPath path) {
		return new BackendException("The sequence numbers below '" + path.lock() + "' in ZooKeeper are used up, and "
				+ "nobody is let in to lock '" + key.name() + "' any more: stop those who use it until the server "
				+ "has removed that empty node, or remove it", false, null);
	}

	static BackendException of(Throwable thrown) {
		Throwable ex = thrown;
		while (ex instanceof CompletionException && ex.getCause() != null) {
			ex = ex.getCause();
		}
		return (ex instanceof BackendException known) ? known
				: new BackendException("A request to ZooKeeper failed: " + ex, true, ex);
	}

}
