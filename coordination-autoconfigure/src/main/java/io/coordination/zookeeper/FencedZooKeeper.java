package io.coordination.zookeeper;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;

import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.OpResult.ErrorResult;
import org.apache.zookeeper.ZooKeeper;

import io.coordination.backend.BackendLease;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;

/**
 * Writes to ZooKeeper under a lock that is kept there, and only under it: each write is
 * one transaction with a check of the lock's node. The leader, which is also who ends
 * sessions, applies the two together or not at all. So a write takes place while the lock
 * is held, however long the process was paused or cut off before, and nobody has to
 * compare fencing tokens.
 * <p>
 * The client may have a session of its own, but it has to be a client of the ensemble
 * that keeps the locks, with the same path at the end of its address, and permitted to
 * read their nodes. Safe for use by many threads.
 */
public final class FencedZooKeeper {

	private final CuratorFramework client;

	private FencedZooKeeper(CuratorFramework client) {
		this.client = client;
	}

	/**
	 * Writes by a client.
	 * @param client a started client, which is not closed by this
	 * @return what writes
	 */
	public static FencedZooKeeper of(CuratorFramework client) {
		return new FencedZooKeeper(Objects.requireNonNull(client, "'client' must not be null"));
	}

	/**
	 * Writes if the lock is held: everything or nothing, once, without a repetition.
	 * Waits for the server, so it must not be called on ZooKeeper's event thread.
	 * <p>
	 * The lock then goes back to ZooKeeper when it is released, and is not handed over to
	 * another caller of this process, for whom a late write would be let in.
	 * @param handle a lock in ZooKeeper, or several
	 * @param operations what to write. Paths are whole ones: the client's namespace is
	 * not heeded. Without operations the leader is only asked whether the lock is held
	 * @return the results, in the order of the operations
	 * @throws LockLostException if the lock is not held any more; nothing was written
	 * @throws IllegalArgumentException if the lock is not kept in ZooKeeper
	 * @throws IllegalStateException if the lock is held, but not where this client writes
	 * @throws KeeperException if ZooKeeper refuses the write, and nothing was written
	 * (its results begin with one for each lock); or if the connection broke
	 * ({@link KeeperException.ConnectionLossException}), and nobody knows whether it was
	 * @throws InterruptedException if the thread is interrupted while it waits; nobody
	 * knows whether anything was written
	 */
	public List<OpResult> write(LockHandle handle, List<Op> operations) throws KeeperException, InterruptedException {
		List<Op> all = new ArrayList<>();
		for (BackendLease lease : handle.leases()) {
			if (!(lease instanceof ZookeeperLease node)) {
				throw new IllegalArgumentException(
						"Lock '" + lease.key().name() + "' is not kept in ZooKeeper, which so cannot check it");
			}
			all.add(Op.check(node.path(), -1));
		}
		int locks = all.size();
		all.addAll(operations);
		try {
			List<OpResult> results = zooKeeper().multi(all);
			return List.copyOf(results.subList(locks, results.size()));
		}
		catch (KeeperException ex) {
			if (isRefusedByCheck(ex, locks)) {
				throw missing(handle);
			}
			throw ex;
		}
	}

	private ZooKeeper zooKeeper() throws KeeperException, InterruptedException {
		try {
			return this.client.getZookeeperClient().getZooKeeper();
		}
		catch (KeeperException | InterruptedException | RuntimeException ex) {
			throw ex;
		}
		catch (Exception ex) {
			throw new IllegalStateException("The client cannot connect to ZooKeeper: " + ex.getMessage(), ex);
		}
	}

	private static boolean isRefusedByCheck(KeeperException ex, int locks) {
		List<OpResult> results = ex.getResults();
		return results != null && results.stream()
			.limit(locks)
			.anyMatch((result) -> result instanceof ErrorResult error && error.getErr() == Code.NONODE.intValue());
	}

	/**
	 * Asks those who keep the lock why its node is not there, which is also how its
	 * holder learns of a loss.
	 */
	private static RuntimeException missing(LockHandle handle) {
		boolean held = false;
		try {
			held = handle.verify().toCompletableFuture().join();
		}
		catch (CompletionException ex) {
			// Whoever keeps it cannot say: the client's ensemble has said that it is gone
		}
		if (held) {
			return new IllegalStateException("Lock '" + handle.name() + "' is held, but its node is not where this "
					+ "client writes, and nothing was written: connect it to the ensemble that keeps the locks, with "
					+ "the same path at the end of the address");
		}
		return new LockLostException("Lock '" + handle.name() + "' is not held any more, and nothing was written");
	}

}
