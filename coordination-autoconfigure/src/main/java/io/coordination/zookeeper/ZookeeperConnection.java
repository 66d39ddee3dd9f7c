package io.coordination.zookeeper;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.CuratorEventType;
import org.apache.curator.framework.api.CuratorListener;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.ACL;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendListener;
import io.coordination.backend.OwnerId;

/**
 * The connection of a backend. Curator keeps it up, and makes a new session when one has
 * ended; the requests go to ZooKeeper's own client, each to one session and once, since
 * what Curator repeats may be repeated in another session than it began in.
 * <p>
 * While the very first connection is being made, requests wait for it, no longer than for
 * an answer; a check waits for it as long as is configured. Later on a request without a
 * connection fails at once. Safe for use by many threads.
 */
final class ZookeeperConnection implements CuratorListener {

	private static final Logger logger = LoggerFactory.getLogger(ZookeeperConnection.class);

	private static final long LONGEST_CLOSE_MILLIS = 2000;

	private final CuratorFramework client;

	private final boolean owned;

	private final BackendListener listener;

	private final Duration requestTimeout;

	private final List<ACL> acl;

	private final Turns turns = new Turns();

	private final Set<Pending<?>> pending = ConcurrentHashMap.newKeySet();

	/** Over when the first connection is made, or has been waited for long enough. */
	private final CompletableFuture<Boolean> beginning = new CompletableFuture<>();

	private volatile boolean connectedOnce;

	private final AtomicBoolean closed = new AtomicBoolean();

	/**
	 * Makes a connection.
	 * @param client the client to use
	 * @param owned whether the client is started and closed with this
	 */
	ZookeeperConnection(CuratorFramework client, boolean owned, BackendListener listener, Duration connectionTimeout,
			Duration requestTimeout, List<ACL> acl) {
		this.client = client;
		this.owned = owned;
		this.listener = listener;
		this.requestTimeout = requestTimeout;
		this.acl = acl;
		client.getCuratorListenable().addListener(this);
		if (owned) {
			client.start();
		}
		else if (client.getZookeeperClient().isConnected()) {
			connected();
		}
		this.beginning.completeOnTimeout(false, connectionTimeout.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Begins a request when a session is there.
	 * @param question sends what is to be sent; told whether the request is over already
	 */
	<T> CompletionStage<T> request(BiFunction<ZookeeperSession, Pending<T>, CompletionStage<T>> question) {
		Pending<T> request = new Pending<>();
		CompletionStage<T> answer = begin(request);
		whenConnected(() -> send(request, question));
		return answer;
	}

	/**
	 * Begins a request for one lock when those before it are as far as they have to be.
	 * @param lock the path of the lock
	 * @param sentAtOnce whether the question sends nothing more after an answer, so that
	 * the next one may follow at once
	 */
	<T> CompletionStage<T> request(String lock, boolean sentAtOnce,
			BiFunction<ZookeeperSession, Pending<T>, CompletionStage<T>> question) {
		Pending<T> request = new Pending<>();
		CompletionStage<T> answer = begin(request);
		this.turns.take(lock, (passOn) -> {
			if (!sentAtOnce) {
				request.whenOver(passOn);
			}
			whenConnected(() -> {
				send(request, question);
				if (sentAtOnce) {
					passOn.run();
				}
			});
		});
		return answer;
	}

	/**
	 * Begins a request when the first connection is there, or has been waited for long
	 * enough.
	 */
	<T> CompletionStage<T> requestWhenConnected(BiFunction<ZookeeperSession, Pending<T>, CompletionStage<T>> question) {
		return this.beginning.thenCompose((connected) -> request(question));
	}

	private <T> CompletionStage<T> begin(Pending<T> request) {
		this.pending.add(request);
		request.whenOver(() -> this.pending.remove(request));
		if (this.closed.get()) {
			request.fail(ZookeeperFailures.closed(false));
		}
		return request.within(this.requestTimeout);
	}

	private void whenConnected(Runnable action) {
		CompletionStage<Boolean> connected = this.beginning;
		connected.whenComplete((yes, ex) -> action.run());
	}

	private <T> void send(Pending<T> request, BiFunction<ZookeeperSession, Pending<T>, CompletionStage<T>> question) {
		if (request.isOver()) {
			return;
		}
		ZookeeperSession session = session();
		if (session == null) {
			request.fail(this.connectedOnce ? ZookeeperFailures.notConnected() : ZookeeperFailures.notReached());
			return;
		}
		request.sending();
		try {
			question.apply(session, request).whenComplete(request::end);
		}
		catch (RuntimeException | Error ex) {
			// Whatever it is, it is this request's, and the next one has its turn
			request.end(null, ex);
		}
	}

	/**
	 * The present session, or {@code null} if there is no connection.
	 */
	@Nullable ZookeeperSession session() {
		if (this.closed.get() || !this.client.getZookeeperClient().isConnected()) {
			return null;
		}
		try {
			ZooKeeper zooKeeper = this.client.getZookeeperClient().getZooKeeper();
			return zooKeeper.getState().isConnected()
					? new ZookeeperSession(zooKeeper, zooKeeper.getSessionId(), this.acl) : null;
		}
		catch (Exception ex) {
			// What went wrong in the background before; the client goes on by itself
			return null;
		}
	}

	/**
	 * The versions of the servers that the client knows of. Over TLS nobody is asked.
	 */
	ServerVersions versions(ZookeeperSession session) {
		boolean secure = session.zooKeeper().getClientConfig().getBoolean(ZKClientConfig.SECURE_CLIENT);
		String servers = this.client.getZookeeperClient().getCurrentConnectionString();
		return new ServerVersions(secure ? List.of() : new ConnectStringParser(servers).getServerAddresses(),
				this.requestTimeout.dividedBy(2));
	}

	@Override
	public void eventReceived(CuratorFramework source, CuratorEvent event) {
		WatchedEvent watched = event.getWatchedEvent();
		if (event.getType() != CuratorEventType.WATCHED || watched == null || watched.getType() != EventType.None
				|| this.closed.get()) {
			return;
		}
		switch (watched.getState()) {
			case SyncConnected -> {
				if (!connected()) {
					this.listener.reconnected();
				}
			}
			case Disconnected, Expired, ConnectedReadOnly, AuthFailed -> {
				if (this.connectedOnce) {
					this.listener.disconnected();
				}
			}
			default -> {
			}
		}
	}

	/**
	 * Notes a connection.
	 * @return whether it is the first, and requests have waited for it
	 */
	private boolean connected() {
		this.connectedOnce = true;
		return this.beginning.complete(true);
	}

	/**
	 * How many requests are not over, and how many locks somebody has a turn of.
	 */
	int underWay() {
		return this.pending.size() + this.turns.size();
	}

	boolean isClosed() {
		return this.closed.get();
	}

	/**
	 * Has the nodes of owners removed that nobody will ask about any more, now or as soon
	 * as there is a connection.
	 */
	void removeLater(String lock, Set<OwnerId> owners) {
		try {
			LateRemoval.begin(this.client.usingNamespace(null), lock, owners);
		}
		catch (RuntimeException ex) {
			// The client is closed, and its session has ended with all nodes
			logger.debug("Nodes of {} are not removed", lock, ex);
		}
	}

	boolean isOwned() {
		return this.owned;
	}

	/**
	 * Fails what is under way, and ends the client if it is our own. Ending a session
	 * waits for the server; one that is silent is not waited for.
	 * @param leaveSession whether the server is not told, so that the session of our own
	 * client goes on for its time
	 */
	void close(boolean leaveSession) {
		if (!this.closed.compareAndSet(false, true)) {
			return;
		}
		this.client.getCuratorListenable().removeListener(this);
		this.pending.forEach((request) -> request.fail(ZookeeperFailures.closed(request.wasSent())));
		this.beginning.complete(false);
		if (this.owned) {
			Thread closer = new Thread(() -> end(leaveSession), "coordination-zookeeper-close");
			closer.setDaemon(true);
			closer.start();
			try {
				closer.join(LONGEST_CLOSE_MILLIS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private void end(boolean leaveSession) {
		try {
			if (leaveSession) {
				// The client takes the session for ended, and Curator hears nothing of it
				ZooKeeper zooKeeper = this.client.getZookeeperClient().getZooKeeper();
				zooKeeper.register((event) -> {
				});
				zooKeeper.getTestable().injectSessionExpiration();
			}
		}
		catch (Exception ex) {
			logger.debug("The session with ZooKeeper could not be left", ex);
		}
		this.client.close();
	}

}
