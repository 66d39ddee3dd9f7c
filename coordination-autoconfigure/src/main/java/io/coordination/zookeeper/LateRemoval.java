package io.coordination.zookeeper;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.apache.zookeeper.KeeperException.Code;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.OwnerId;

/**
 * Removes the nodes of owners that nobody will ask about any more, over a client that
 * goes on when the backend is closed, and with it the session that would end them.
 * <p>
 * The nodes are looked for by their owners: the answer that would have told the name of
 * one may be lost. The server that the client is connected to first catches up with the
 * leader, so that a node whose creation was under way is not missed. Without a connection
 * it is tried again with the next one, until it is done or the client is closed.
 */
final class LateRemoval implements ConnectionStateListener {

	private static final Logger logger = LoggerFactory.getLogger(LateRemoval.class);

	/** More often than any connection is lost in the middle. */
	private static final int ATTEMPTS = 20;

	private final CuratorFramework client;

	private final String lock;

	/** What the names of the nodes begin with. */
	private final Set<String> prefixes;

	private final AtomicInteger attempts = new AtomicInteger();

	private LateRemoval(CuratorFramework client, String lock, Set<OwnerId> owners) {
		this.client = client;
		this.lock = lock;
		this.prefixes = owners.stream().map(NodeName::prefix).collect(Collectors.toUnmodifiableSet());
	}

	/**
	 * Begins to remove nodes, and returns at once.
	 * @param client the application's client, without a namespace
	 * @param lock the path of the lock
	 * @param owners whose nodes are to go
	 */
	static void begin(CuratorFramework client, String lock, Set<OwnerId> owners) {
		LateRemoval removal = new LateRemoval(client, lock, owners);
		client.getConnectionStateListenable().addListener(removal);
		removal.attempt();
	}

	@Override
	public void stateChanged(CuratorFramework ignored, ConnectionState state) {
		if (state.isConnected()) {
			attempt();
		}
	}

	private void attempt() {
		if (this.attempts.incrementAndGet() > ATTEMPTS) {
			logger.warn("Nodes of a lock in ZooKeeper stay until the application's session ends: {}", this.lock);
			end();
			return;
		}
		try {
			BackgroundCallback look = (used, event) -> {
				if (event.getResultCode() == Code.OK.intValue()) {
					look();
				}
			};
			this.client.sync().inBackground(look).forPath(this.lock);
		}
		catch (Exception ex) {
			logger.debug("Nodes of {} are not looked for", this.lock, ex);
		}
	}

	private void look() throws Exception {
		BackgroundCallback remove = (used, event) -> {
			if (event.getResultCode() == Code.OK.intValue()) {
				remove(event.getChildren());
			}
			else if (event.getResultCode() == Code.NONODE.intValue()) {
				end();
			}
		};
		this.client.getChildren().inBackground(remove).forPath(this.lock);
	}

	private void remove(List<String> names) throws Exception {
		end();
		for (String name : names) {
			if (this.prefixes.contains(name.substring(0, name.indexOf('@') + 1))) {
				this.client.delete().guaranteed().inBackground().forPath(this.lock + "/" + name);
			}
		}
	}

	private void end() {
		this.client.getConnectionStateListenable().removeListener(this);
	}

}
