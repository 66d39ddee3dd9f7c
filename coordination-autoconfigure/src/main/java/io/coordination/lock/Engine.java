package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendListener;
import io.coordination.backend.BackendTraits;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.lock.event.LockLost.Cause;

/**
 * One life of a registry: from start to stop, with its own connection, threads, gates and
 * holds. A restart makes a new engine, so nothing of an earlier life can be mistaken for
 * something of this one.
 * <p>
 * The parts: callers meet in a {@link LocalGate} for each name, which seeks the lock
 * through a {@link Contender} and lends the {@link Grant} it gets to one {@link Hold}
 * after the other. The {@link Watchdog} renews grants and notices what is lost, the
 * {@link Cleanup} gives back what nobody uses. None of them blocks; they run on the
 * threads of callers, of the client library and of the timer. Code of the application
 * runs on two small pools only, or on its own threads.
 * <p>
 * Lock order: a gate's lock, then the lock of a contender or hold. Nothing is asked of
 * the store, and no code of the application runs, under any of them.
 */
final class Engine implements BackendListener {

	private static final Logger logger = LoggerFactory.getLogger(Engine.class);

	private static final long SHORTEST_LEASE = TimeUnit.MILLISECONDS.toNanos(50);

	private final Settings settings;

	private final EngineTime time;

	private final LockBackend backend;

	private final BackendTraits traits;

	private final String ownerPrefix;

	private final AtomicLong owners = new AtomicLong();

	private final ConcurrentHashMap<String, LocalGate> gates = new ConcurrentHashMap<>();

	private final Cleanup cleanup = new Cleanup(this);

	private final Watchdog watchdog;

	private final ThreadPoolExecutor asyncPool = EngineThreads.pool("coordination-async",
			Math.max(4, 2 * Runtime.getRuntime().availableProcessors()));

	private final Announcer announcer;

	private final Handles handles = new Handles(this);

	private final Failures failures = new Failures(this);

	private final FencingTokens tokens;

	private final Activity activity = new Activity();

	/** What the store confirmed before this moment is not relied on any more. */
	private volatile long suspectSince;

	private volatile boolean stopping;

	Engine(LockBackendFactory factory, Settings settings, EngineTime time, String ownerPrefix) {
		this.settings = settings;
		this.time = time;
		this.ownerPrefix = ownerPrefix;
		this.suspectSince = time.nanoTime() - 1;
		this.announcer = new Announcer(this);
		this.tokens = new FencingTokens(settings.fencingBase());
		this.watchdog = new Watchdog(this);
		this.backend = factory.open(this);
		this.traits = this.backend.traits();
		try {
			checked(settings.terms());
		}
		catch (IllegalArgumentException ex) {
			stop(Duration.ZERO);
			throw ex;
		}
	}

	/**
	 * Checks that the store can keep a lease of this length, and that there is enough of
	 * it left after the margin.
	 */
	Terms checked(Terms terms) {
		long shortest = Math.max(SHORTEST_LEASE, this.traits.minLease().toNanos());
		if (terms.leaseNanos() < shortest) {
			throw new IllegalArgumentException("'leaseTime' must be at least " + Durations.text(shortest) + " with "
					+ this.traits.id() + ", but is " + Durations.text(terms.leaseNanos()));
		}
		return terms;
	}

	Settings settings() {
		return this.settings;
	}

	LockBackend backend() {
		return this.backend;
	}

	BackendTraits traits() {
		return this.traits;
	}

	Watchdog watchdog() {
		return this.watchdog;
	}

	Cleanup cleanup() {
		return this.cleanup;
	}

	Announcer announcer() {
		return this.announcer;
	}

	Handles handles() {
		return this.handles;
	}

	Failures failures() {
		return this.failures;
	}

	FencingTokens tokens() {
		return this.tokens;
	}

	/**
	 * Runs what may lead into code of the application on a thread that it may block.
	 */
	void async(Runnable task) {
		try {
			this.asyncPool.execute(task);
		}
		catch (RejectedExecutionException ex) {
			task.run();
		}
	}

	long nanoTime() {
		return this.time.nanoTime();
	}

	long wallMillis() {
		return this.time.wallMillis();
	}

	EngineTime.Timer schedule(Runnable task, long delayNanos) {
		return this.time.schedule(task, delayNanos);
	}

	long suspectSince() {
		return this.suspectSince;
	}

	long requestTimeout() {
		return this.traits.requestTimeout().toNanos();
	}

	long pollNanos() {
		return this.traits.pollInterval().toNanos();
	}

	boolean isStopping() {
		return this.stopping;
	}

	// Waiting

	/**
	 * Queues a waiter at the gate of a name.
	 */
	LocalGate enter(String name, Waiter waiter) {
		while (true) {
			LocalGate gate = this.gates.computeIfAbsent(name, (key) -> new LocalGate(this, key));
			if (gate.enter(waiter)) {
				return gate;
			}
		}
	}

	/**
	 * Takes what a settled waiter was given.
	 * @throws RuntimeException what it was told instead
	 */
	LockHandle acquired(Waiter waiter) {
		Hold hold = waiter.hold();
		LockHandle handle = this.handles.of(hold, null);
		this.announcer.acquired(hold, waiter);
		return handle;
	}

	void forget(LocalGate gate) {
		this.gates.remove(gate.name(), gate);
	}

	int gateCount() {
		return this.gates.size();
	}

	/**
	 * How long a waiter whose time is over may still wait for the answer to the first
	 * request.
	 */
	long graceNanos() {
		return requestTimeout() + TimeUnit.MILLISECONDS.toNanos(50);
	}

	LockRequest request(String name, Terms terms) {
		OwnerId owner = new OwnerId(this.ownerPrefix + "#" + this.owners.incrementAndGet());
		return LockRequest.exclusive(new LockKey(this.settings.namespace(), name), owner,
				Duration.ofNanos(terms.leaseNanos()));
	}

	// Suspicion

	@Override
	public void disconnected() {
		suspect(nanoTime());
	}

	@Override
	public void reconnected() {
		confirmAll();
		for (LocalGate gate : this.gates.values()) {
			Contender contender = gate.contender();
			if (contender != null) {
				contender.ask();
			}
		}
	}

	@Override
	public void strayGrant(LockKey key, OwnerId owner) {
		this.cleanup.withdraw(key, owner);
	}

	/**
	 * Asks about everything, and relies on nothing that was asked earlier: what is asked
	 * in the same nanosecond counts.
	 */
	private void confirmAll() {
		suspect(nanoTime() - 1);
		this.watchdog.confirmAll();
	}

	private void suspect(long since) {
		this.suspectSince = since;
		this.watchdog.wake();
	}

	/**
	 * Compares the two clocks. A machine that was suspended may not have counted that
	 * time in its monotonic clock.
	 */
	void suspectAfterClockJump() {
		if (this.watchdog.clocksDisagree()) {
			logger.warn("The wall clock jumped: the store is asked again about every held lock");
			confirmAll();
		}
	}

	// Looking

	CompletionStage<Collection<String>> check() {
		CompletableFuture<Collection<String>> answer = new CompletableFuture<>();
		Answers.on(this.backend.check(), (warnings, ex) -> async(() -> {
			if (warnings != null) {
				answer.complete(warnings);
			}
			else {
				String why = (ex != null) ? Failures.backendException(ex).getMessage() : null;
				answer.completeExceptionally(new LockBackendException(String.valueOf(why), ex));
			}
		}));
		return answer;
	}

	Collection<HeldLock> held() {
		long now = nanoTime();
		List<HeldLock> held = new ArrayList<>();
		for (LocalGate gate : this.gates.values()) {
			Grant grant = gate.grant();
			Hold hold = (grant != null) ? grant.hold : null;
			if (grant != null && hold != null) {
				held.add(new HeldLock(gate.name(), hold.token, hold.state(now), grant.lease.owner().value(),
						Duration.ofNanos(now - hold.since), hold.remaining(now), gate.waiting()));
			}
		}
		return held;
	}

	// Stopping

	Activity activity() {
		return this.activity;
	}

	/**
	 * Stops in this order: nobody gets in, waiters are told, holders may finish, those
	 * that remain are told that their lock is lost, what was released or is kept for
	 * nobody is given back, threads and connection end. What is still held is not
	 * released: its body may be running, and the lease ends by itself.
	 */
	void stop(Duration gracePeriod) {
		this.stopping = true;
		this.gates.values().forEach(LocalGate::stop);
		this.activity.awaitNoHolds(gracePeriod, this.handles::releaseDropped);
		this.cleanup.keptGrants().releaseAll();
		for (LocalGate gate : this.gates.values()) {
			Grant grant = gate.grant();
			if (grant != null) {
				grant.lose(Cause.SHUTDOWN);
			}
		}
		this.activity.await(this.traits.requestTimeout(), this.cleanup::isIdle);
		this.time.stop();
		this.asyncPool.shutdown();
		this.announcer.stop();
		this.backend.close();
	}

}
