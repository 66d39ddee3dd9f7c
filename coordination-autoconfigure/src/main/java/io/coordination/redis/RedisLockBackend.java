package io.coordination.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendListener;
import io.coordination.backend.BackendTraits;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.backend.Renewal;
import io.coordination.backend.Rotation;
import io.coordination.backend.Waiting;

/**
 * Locks in Redis: each operation is one script. What the scripts keep there is described
 * in {@code lock.lua}.
 */
final class RedisLockBackend implements LockBackend {

	private static final Logger logger = LoggerFactory.getLogger(RedisLockBackend.class);

	private static final int RENEWALS_A_SCRIPT = 256;

	private static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

	private static final Pattern FIELD = Pattern.compile("(\\w+)=(\\S+)");

	/** Numbers up to the largest revision and somewhat beyond. */
	private static final Pattern COUNT = Pattern.compile("\\d{1,16}");

	private final RedisLockSettings settings;

	private final BackendListener listener;

	private final BackendTraits traits;

	private final AtomicLong seen;

	private final ConcurrentHashMap<String, RedisPlace> places = new ConcurrentHashMap<>();

	private final RedisServers servers;

	RedisLockBackend(RedisClients.Opened opened, BackendListener listener, RedisLockSettings settings, AtomicLong seen,
			ServerClock clock) {
		RedisScript.load();
		this.listener = listener;
		this.settings = settings;
		this.seen = seen;
		this.servers = servers(opened, clock);
		this.traits = new BackendTraits(RedisLockBackendFactory.ID, BackendTraits.Expiry.LEASE,
				BackendTraits.Fencing.TIME_BASED, BackendTraits.Fairness.FIFO, this.servers.ordered(), SHORTEST_LEASE,
				settings.commandTimeout(), settings.pollInterval());
	}

	private RedisServers servers(RedisClients.Opened opened, ServerClock clock) {
		if (!opened.seeds().isEmpty()) {
			return new RedisCluster(opened, this.listener, () -> new ServerClock(clock::nanoTime), this::pushed);
		}
		String channel = "coordination:push:" + UUID.randomUUID();
		return new SingleRedis(new RedisConnections(opened, this.listener, clock, channel, this::pushed), channel);
	}

	@Override
	public BackendTraits traits() {
		return this.traits;
	}

	@Override
	public CompletionStage<Attempt> tryAcquire(LockRequest request) {
		return acquire(request, this.servers.keys(request.key()), null);
	}

	@Override
	public Waiting enqueue(LockRequest request, GrantListener taker) {
		RedisPlace place = new RedisPlace(request, taker);
		this.places.put(request.owner().value(), place);
		return place;
	}

	private CompletionStage<Attempt> acquire(LockRequest request, RedisKeys keys, @Nullable String channel) {
		Sending sending = new Sending();
		return this.servers
			.run(RedisScript.ACQUIRE, keys.all(), (clock) -> acquireArguments(request, channel, sending.to(clock)))
			.thenApply((answer) -> attempt(request, answer, 0, sending));
	}

	private List<String> acquireArguments(LockRequest request, @Nullable String channel, Sending sending) {
		List<String> arguments = new ArrayList<>(8);
		arguments.add(request.owner().value());
		arguments.add(millis(request.lease()));
		arguments.add(Long.toString(sending.notAfter(this.settings.commandTimeout())));
		arguments.add(Long.toString(this.seen.get()));
		if (channel != null) {
			arguments.add(millis(this.settings.waiterDeadline()));
			arguments.add(millis(this.settings.grantLease()));
			arguments.add(channel);
		}
		return arguments;
	}

	private Attempt attempt(LockRequest request, List<Object> answer, int from, Sending sending) {
		sending.answered(number(answer, from + 1));
		String kind = text(answer, from);
		switch (kind) {
			case "GRANTED" -> {
				long revision = saw(number(answer, from + 2));
				return new Attempt.Granted(new RedisLease(request.key(), request.owner(), revision));
			}
			case "BUSY" -> {
				String holder = text(answer, from + 4);
				return new Attempt.Busy(saw(number(answer, from + 2)), Duration.ofMillis(number(answer, from + 3)),
						holder.isEmpty() ? null : holder);
			}
			case "LATE" -> throw new BackendException("Redis got the request too late, and did nothing", false, null);
			default -> throw foreign(request.key(), text(answer, from + 2));
		}
	}

	@Override
	public CompletionStage<Rotation> rotate(BackendLease lease, Waiting next) {
		LockRequest request = next.request();
		if (!request.key().equals(lease.key())) {
			throw new IllegalArgumentException("'next' must be for " + lease.key() + ", but is for " + request.key());
		}
		RedisKeys keys = this.servers.keys(request.key());
		Sending sending = new Sending();
		return this.servers.listening(keys, (channel) -> this.servers.run(RedisScript.ROTATE, keys.all(), (clock) -> {
			List<String> arguments = acquireArguments(request, channel, sending.to(clock));
			arguments.add(lease.owner().value());
			return arguments;
		}).thenApply((answer) -> new Rotation(number(answer, 0) == 1, attempt(request, answer, 1, sending))));
	}

	@Override
	public CompletionStage<Renewal> renew(Collection<? extends BackendLease> leases, Duration duration) {
		Map<String, List<BackendLease>> buckets = new LinkedHashMap<>();
		leases.forEach(
				(lease) -> buckets.computeIfAbsent(this.servers.keys(lease.key()).fence(), (fence) -> new ArrayList<>())
					.add(lease));
		Set<OwnerId> kept = ConcurrentHashMap.newKeySet();
		Set<OwnerId> lost = ConcurrentHashMap.newKeySet();
		List<CompletableFuture<Void>> parts = new ArrayList<>();
		buckets.values().forEach((all) -> {
			for (int i = 0; i < all.size(); i += RENEWALS_A_SCRIPT) {
				parts.add(renew(all.subList(i, Math.min(all.size(), i + RENEWALS_A_SCRIPT)), duration, kept, lost));
			}
		});
		return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new)).handle((nothing, ex) -> {
			// What could not be asked about is in neither set
			if (ex != null && parts.stream().allMatch(CompletableFuture::isCompletedExceptionally)) {
				throw RedisFailures.commanding(ex);
			}
			return new Renewal(new HashSet<>(kept), new HashSet<>(lost));
		});
	}

	private CompletableFuture<Void> renew(List<BackendLease> leases, Duration duration, Set<OwnerId> kept,
			Set<OwnerId> lost) {
		String[] keys = leases.stream().map((lease) -> this.servers.keys(lease.key()).lock()).toArray(String[]::new);
		List<String> arguments = new ArrayList<>(2 * leases.size() + 1);
		arguments.add(duration.isZero() ? "0" : millis(duration));
		leases.forEach((lease) -> arguments.add(lease.owner().value()));
		leases.forEach((lease) -> arguments.add(Long.toString(lease.revision())));
		return this.servers.run(RedisScript.RENEW, keys, (clock) -> arguments).thenAccept((answer) -> {
			for (int i = 0; i < leases.size(); i++) {
				BackendLease lease = leases.get(i);
				Object state = answer.get(i);
				(Long.valueOf(1).equals(state) ? kept : lost).add(lease.owner());
				if (state instanceof String what) {
					logger.warn("Lock '{}' lost: {}", lease.key().name(), foreign(lease.key(), what).getMessage());
				}
			}
		}).exceptionallyCompose((ex) -> {
			if (leases.size() == 1 || !RedisFailures.isHalfMoved(ex)) {
				return CompletableFuture.failedStage(ex);
			}
			// One key alone is always in one place
			return CompletableFuture.allOf(leases.stream()
				.map((lease) -> renew(List.of(lease), duration, kept, lost))
				.toArray(CompletableFuture[]::new));
		}).toCompletableFuture();
	}

	@Override
	public CompletionStage<Boolean> release(BackendLease lease, Duration keepFor) {
		return this.servers
			.run(RedisScript.RELEASE, this.servers.keys(lease.key()).all(), (clock) -> List.of(lease.owner().value(),
					Long.toString(this.seen.get()), Long.toString(keepFor.toMillis())))
			.thenApply((answer) -> released(lease.key(), answer));
	}

	@Override
	public CompletionStage<Boolean> withdraw(LockRequest request) {
		return this.servers
			.run(RedisScript.WITHDRAW, this.servers.keys(request.key()).all(),
					(clock) -> List.of(request.owner().value(), Long.toString(this.seen.get())))
			.thenApply((answer) -> released(request.key(), answer));
	}

	private boolean released(LockKey key, List<Object> answer) {
		String kind = text(answer, 0);
		if (kind.equals("FOREIGN")) {
			throw foreign(key, text(answer, 2));
		}
		return kind.equals("RELEASED");
	}

	@Override
	public CompletionStage<Collection<String>> check() {
		return this.servers.info().handle((infos, ex) -> {
			if (infos != null) {
				Set<String> warnings = new LinkedHashSet<>();
				infos.forEach((info) -> warnings.addAll(RedisServerInfo.check(info)));
				return List.copyOf(warnings);
			}
			BackendException failure = RedisFailures.commanding(ex);
			if (String.valueOf(failure.getMessage()).contains("NOPERM")) {
				return List.of("Redis does not tell this user whether it is fit for locks: permit it INFO");
			}
			throw failure;
		});
	}

	@Override
	public void close() {
		this.servers.close();
		this.places.clear();
	}

	/**
	 * Takes a message on our channel, where others may publish, too: what is none of ours
	 * is ignored.
	 */
	private void pushed(String message) {
		String key = field(message, "key");
		String owner = field(message, "owner");
		String revision = field(message, "rev");
		String lease = field(message, "lease");
		if (!"1".equals(field(message, "v")) || key == null || owner == null || revision == null || lease == null
				|| !COUNT.matcher(revision).matches() || !COUNT.matcher(lease).matches()) {
			return;
		}
		RedisPlace place = this.places.get(owner);
		if (place != null) {
			place.taker.granted(
					new RedisLease(place.request.key(), place.request.owner(), saw(Long.parseLong(revision))),
					Duration.ofMillis(Long.parseLong(lease)));
			return;
		}
		LockKey lock = RedisKeys.parse(key);
		if (lock != null) {
			this.listener.strayGrant(lock, new OwnerId(owner));
		}
	}

	private static @Nullable String field(String message, String name) {
		Matcher field = FIELD.matcher(message);
		while (field.find()) {
			if (field.group(1).equals(name)) {
				return field.group(2);
			}
		}
		return null;
	}

	private long saw(long revision) {
		this.seen.accumulateAndGet(revision, Math::max);
		return revision;
	}

	private BackendException foreign(LockKey key, String what) {
		return new BackendException("Key '" + this.servers.keys(key).lock() + "' in Redis is no lock of this library ("
				+ what + "), and is left alone: remove it, or use another 'coordination.namespace'", false, null);
	}

	private static String millis(Duration duration) {
		return Long.toString(Math.max(1, duration.toMillis()));
	}

	private static long number(List<Object> answer, int index) {
		return (Long) Objects.requireNonNull(answer.get(index));
	}

	private static String text(List<Object> answer, int index) {
		return (String) Objects.requireNonNull(answer.get(index));
	}

	/**
	 * One owner's place in the queue.
	 */
	private final class RedisPlace implements Waiting {

		private final LockRequest request;

		private final GrantListener taker;

		RedisPlace(LockRequest request, GrantListener taker) {
			this.request = request;
			this.taker = taker;
		}

		@Override
		public LockRequest request() {
			return this.request;
		}

		@Override
		public CompletionStage<Attempt> poll() {
			RedisKeys keys = RedisLockBackend.this.servers.keys(this.request.key());
			return RedisLockBackend.this.servers.listening(keys, (channel) -> acquire(this.request, keys, channel));
		}

		@Override
		public void close() {
			RedisLockBackend.this.places.remove(this.request.owner().value(), this);
		}

	}

}
