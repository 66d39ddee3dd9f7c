package io.coordination.zookeeper;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import org.apache.zookeeper.data.Stat;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendListener;
import io.coordination.backend.BackendTraits;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.backend.Renewal;
import io.coordination.backend.Rotation;
import io.coordination.backend.Waiting;

/**
 * Locks in ZooKeeper. How an owner gets one is described in {@link Claim}.
 */
final class ZookeeperLockBackend implements LockBackend {

	private static final int CHECKS_A_REQUEST = 256;

	private static final int CHARACTERS_A_REQUEST = 256 * 1024;

	private static final Duration SHORTEST_LEASE = Duration.ofMillis(50);

	private static final Duration SHORTEST_ADVISABLE_SESSION = Duration.ofSeconds(15);

	private final String rootPath;

	private final BackendListener listener;

	private final BackendTraits traits;

	private final ZookeeperConnection connection;

	private final Watches watches = new Watches();

	private final KnownPaths known = new KnownPaths(System::nanoTime);

	/** The owners that have, or may have, a node. */
	private final ConcurrentHashMap<OwnerId, Claim> claims = new ConcurrentHashMap<>();

	ZookeeperLockBackend(String rootPath, ZookeeperConnection connection, BackendListener listener,
			Duration requestTimeout, Duration session) {
		this.rootPath = rootPath;
		this.connection = connection;
		this.listener = listener;
		this.traits = new BackendTraits(ZookeeperLockBackendFactory.ID, BackendTraits.Expiry.SESSION,
				BackendTraits.Fencing.LINEARIZABLE, BackendTraits.Fairness.FIFO, true, SHORTEST_LEASE, requestTimeout,
				ZookeeperLockSettings.pollInterval(session));
	}

	@Override
	public BackendTraits traits() {
		return this.traits;
	}

	@Override
	public CompletionStage<Attempt> tryAcquire(LockRequest request) {
		LockPath path = path(request);
		known(request).ifPresent(Claim::want);
		return this.connection.request(path.lock(), false, (session, question) -> {
			Claim claim = claim(request, path);
			return forgetting(claim, claim.ask(session, false, question));
		});
	}

	@Override
	public Waiting enqueue(LockRequest request, GrantListener taker) {
		return new ZookeeperPlace(this, request, taker, this.listener);
	}

	CompletionStage<Attempt> poll(ZookeeperPlace place) {
		LockPath path = path(place.request());
		known(place.request()).ifPresent(Claim::want);
		return this.connection.request(path.lock(), false, (session, question) -> join(session, place, path, question));
	}

	private CompletionStage<Attempt> join(ZookeeperSession session, ZookeeperPlace place, LockPath path,
			Pending<?> question) {
		Claim claim = claim(place.request(), path);
		claim.servedBy(place);
		return forgetting(claim, claim.ask(session, true, question));
	}

	@Override
	public CompletionStage<Rotation> rotate(BackendLease lease, Waiting next) {
		LockRequest request = next.request();
		if (!request.key().equals(lease.key())) {
			throw new IllegalArgumentException("'next' must be for " + lease.key() + ", but is for " + request.key());
		}
		LockPath path = path(request);
		return this.connection.request(path.lock(), false,
				(session, question) -> delete(session, (ZookeeperLease) lease).thenCombine(
						join(session, (ZookeeperPlace) next, path, question),
						(released, attempt) -> new Rotation(released, attempt)));
	}

	@Override
	public CompletionStage<Renewal> renew(Collection<? extends BackendLease> leases, Duration duration) {
		return this.connection.request((session, question) -> {
			List<ZookeeperLease> ours = new ArrayList<>();
			Set<OwnerId> lost = new HashSet<>();
			for (BackendLease lease : leases) {
				if (lease instanceof ZookeeperLease known && known.session() == session.id()) {
					ours.add(known);
				}
				else {
					lost.add(lease.owner());
				}
			}
			CompletionStage<Renewal> renewal = CompletableFuture.completedStage(new Renewal(Set.of(), lost));
			for (int from = 0, to; from < ours.size(); from = to) {
				to = endOfRequest(ours, from);
				renewal = renewal.thenCombine(confirm(session, ours.subList(from, to)), ZookeeperLockBackend::both);
			}
			return renewal;
		});
	}

	/**
	 * How far a request goes that begins with a lease: a server ends the connection if it
	 * gets one of more than a megabyte.
	 */
	private static int endOfRequest(List<ZookeeperLease> leases, int from) {
		int characters = 0;
		int to = from;
		while (to < leases.size() && to - from < CHECKS_A_REQUEST && characters < CHARACTERS_A_REQUEST) {
			characters += leases.get(to).path().length();
			to++;
		}
		return to;
	}

	/**
	 * Has the leader confirm that all nodes are there; if one is not, the reads that
	 * follow tell which.
	 */
	private CompletionStage<Renewal> confirm(ZookeeperSession session, List<ZookeeperLease> leases) {
		return session.check(leases.stream().map(ZookeeperLease::path).toList()).thenCompose((check) -> {
			if (check.isOk()) {
				return CompletableFuture.completedStage(new Renewal(owners(leases), Set.of()));
			}
			if (!check.isMissing()) {
				throw ZookeeperFailures.answered(check.code(), leases.get(0).path());
			}
			CompletionStage<Renewal> renewal = CompletableFuture.completedStage(new Renewal(Set.of(), Set.of()));
			for (ZookeeperLease lease : leases) {
				renewal = renewal.thenCombine(session.stat(lease.path()),
						(before, reply) -> both(before, found(lease, reply)));
			}
			return renewal;
		});
	}

	private static Renewal found(ZookeeperLease lease, Reply<Stat> reply) {
		Stat stat = reply.value();
		if (stat == null && !reply.isMissing()) {
			throw ZookeeperFailures.answered(reply.code(), lease.path());
		}
		boolean kept = stat != null && stat.getCzxid() == lease.revision()
				&& stat.getEphemeralOwner() == lease.session();
		return kept ? new Renewal(Set.of(lease.owner()), Set.of()) : new Renewal(Set.of(), Set.of(lease.owner()));
	}

	private static Set<OwnerId> owners(List<ZookeeperLease> leases) {
		Set<OwnerId> owners = new HashSet<>();
		leases.forEach((lease) -> owners.add(lease.owner()));
		return owners;
	}

	private static Renewal both(Renewal some, Renewal others) {
		Set<OwnerId> kept = new HashSet<>(some.kept());
		kept.addAll(others.kept());
		Set<OwnerId> lost = new HashSet<>(some.lost());
		lost.addAll(others.lost());
		return new Renewal(kept, lost);
	}

	@Override
	public CompletionStage<Boolean> release(BackendLease lease, Duration keepFor) {
		if (!keepFor.isZero()) {
			return CompletableFuture.failedStage(new BackendException(
					"ZooKeeper keeps no lock for nobody: it ends with its session or at once", false, null));
		}
		ZookeeperLease given = (ZookeeperLease) lease;
		Claim claim = this.claims.get(lease.owner());
		if (claim != null) {
			claim.giveUp();
		}
		return this.connection.request(LockPath.of(this.rootPath, lease.key()).lock(), true,
				(session, question) -> delete(session, given));
	}

	private CompletionStage<Boolean> delete(ZookeeperSession session, ZookeeperLease lease) {
		Claim claim = this.claims.get(lease.owner());
		return session.delete(lease.path()).thenApply((reply) -> {
			if (!reply.isOk() && !reply.isMissing()) {
				throw ZookeeperFailures.answered(reply.code(), lease.path());
			}
			if (claim != null) {
				claim.gone(lease.path());
				forgetIfEmpty(claim);
			}
			return reply.isOk();
		});
	}

	@Override
	public CompletionStage<Boolean> withdraw(LockRequest request) {
		LockPath path = path(request);
		known(request).ifPresent(Claim::giveUp);
		return this.connection.request(path.lock(), false, (session, question) -> {
			Claim claim = claim(request, path);
			return forgetting(claim, claim.withdraw(session));
		});
	}

	@Override
	public CompletionStage<Collection<String>> check() {
		return this.connection.requestWhenConnected((session, question) -> session.stat("/").thenCompose((reply) -> {
			if (reply.isMissing()) {
				throw ZookeeperFailures.noChroot("/");
			}
			if (!reply.isOk()) {
				throw ZookeeperFailures.answered(reply.code(), "/");
			}
			return this.connection.versions(session).tooOld();
		}).thenCombine(session.isOfEnsemble(), (tooOld, ensemble) -> {
			if (tooOld != null) {
				throw new BackendException(tooOld, false, null);
			}
			return ensemble ? warnings(Duration.ofMillis(session.zooKeeper().getSessionTimeout())) : List.of();
		}));
	}

	private static List<String> warnings(Duration session) {
		return (session.compareTo(SHORTEST_ADVISABLE_SESSION) < 0)
				? List.of("The session with ZooKeeper is only " + session.toMillis() + " ms long: a server that has "
						+ "lost its leader may take 10 s (syncLimit x tickTime) to notice. Use 15 s or more "
						+ "('coordination.zookeeper.session-timeout', and the server's maxSessionTimeout)")
				: List.of();
	}

	/**
	 * Closes the connection. Who still has a lock may be at work under it: then our
	 * session is left to end by itself, as closing it would hand the lock on at once. Of
	 * the others nothing stays, though the session is the application's and goes on.
	 */
	@Override
	public void close() {
		this.connection.close(this.claims.values().stream().anyMatch(Claim::isGranted));
		// What was under way has failed by now: no more nodes come
		if (!this.connection.isOwned()) {
			Map<String, Set<OwnerId>> nobodys = this.claims.values()
				.stream()
				.filter((claim) -> !claim.isGranted())
				.collect(Collectors.groupingBy((claim) -> claim.path.lock(),
						Collectors.mapping((claim) -> claim.request.owner(), Collectors.toSet())));
			nobodys.forEach(this.connection::removeLater);
		}
		this.claims.clear();
		this.watches.clear();
	}

	ZookeeperConnection connection() {
		return this.connection;
	}

	/**
	 * How much is remembered of owners, of nodes that are waited for, and of turns.
	 */
	int remembered() {
		return this.claims.size() + this.watches.size() + this.connection.underWay();
	}

	int knownPaths() {
		return this.known.size();
	}

	boolean isClosed() {
		return this.connection.isClosed();
	}

	private LockPath path(LockRequest request) {
		return LockPath.of(this.rootPath, request.key());
	}

	private Optional<Claim> known(LockRequest request) {
		return Optional.ofNullable(this.claims.get(request.owner()));
	}

	private Claim claim(LockRequest request, LockPath path) {
		return this.claims.computeIfAbsent(request.owner(),
				(owner) -> new Claim(request, path, this.watches, this.known));
	}

	private <T> CompletionStage<T> forgetting(Claim claim, CompletionStage<T> answer) {
		return answer.whenComplete((value, ex) -> forgetIfEmpty(claim));
	}

	private void forgetIfEmpty(Claim claim) {
		if (claim.isEmpty()) {
			this.claims.remove(claim.request.owner(), claim);
		}
	}

}
