package io.coordination.lock;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendListener;
import io.coordination.backend.BackendTraits;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendFactory;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.lock.event.LockAcquired;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockLost.Cause;
import io.coordination.lock.event.LockRefused;

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

	/** Beyond this a revision does not leave room for the hand-off number. */
	private static final long MAX_REVISION = 1L << 53;

	private static final int HAND_OFF_BITS = 10;

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

	private final ThreadPoolExecutor eventPool = EngineThreads.pool("coordination-event", 2);

	private final ReferenceQueue<LockHandle> droppedHandles = new ReferenceQueue<>();

	private final AtomicInteger holds = new AtomicInteger();

	private final ReentrantLock quiet = new ReentrantLock();

	private final Condition quietNow = this.quiet.newCondition();

	/** What the store confirmed before this moment is not relied on any more. */
	private volatile long suspectSince;

	private volatile boolean stopping;

	Engine(LockBackendFactory factory, Settings settings, EngineTime time, String ownerPrefix) {
		this.settings = settings;
		this.time = time;
		this.ownerPrefix = ownerPrefix;
		this.suspectSince = time.nanoTime() - 1;
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
					+ this.traits.id() + ": " + Duration.ofNanos(terms.leaseNanos()));
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
	LockHandle acquired(String name, Waiter waiter) {
		Hold hold = waiter.hold();
		LockHandle handle = handle(hold);
		if (this.settings.listener() != null) {
			publish(new LockAcquired(name, hold.token, Duration.ofNanos(nanoTime() - waiter.startedAt),
					hold.handedOver));
		}
		return handle;
	}

	/**
	 * Tells that a waiter did not get its lock: why, or that it went away.
	 */
	void refused(String name, Waiter waiter, @Nullable RuntimeException failure) {
		if (this.settings.listener() != null) {
			LockRefused.Reason reason = LockRefused.Reason.BACKEND;
			if (failure == null) {
				reason = LockRefused.Reason.ABANDONED;
			}
			else if (failure instanceof LockNotAcquiredException) {
				reason = LockRefused.Reason.BUSY;
			}
			else if (failure instanceof LockOutcomeUnknownException) {
				reason = LockRefused.Reason.UNKNOWN;
			}
			else if (failure instanceof LockRegistryStoppedException) {
				reason = LockRefused.Reason.STOPPED;
			}
			publish(new LockRefused(name, reason, Duration.ofNanos(nanoTime() - waiter.startedAt)));
		}
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

	// Tokens

	/**
	 * Why a grant cannot be used, or {@code null} if it can.
	 */
	@Nullable RuntimeException unusable(BackendLease lease) {
		long revision = lease.revision();
		if (revision > 0 && revision < MAX_REVISION - this.settings.fencingBase()) {
			return null;
		}
		return new LockBackendException(
				"Lock '" + lease.key().name() + "' has no usable fencing token: revision " + revision
						+ " plus fencing base " + this.settings.fencingBase() + " must be positive and below 2^53",
				null);
	}

	long token(BackendLease lease, int handOver) {
		return ((lease.revision() + this.settings.fencingBase()) << HAND_OFF_BITS) | handOver;
	}

	// Suspicion

	@Override
	public void disconnected() {
		suspect();
	}

	@Override
	public void reconnected() {
		suspect();
		this.watchdog.confirmAll();
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

	private void suspect() {
		this.suspectSince = nanoTime();
		this.watchdog.wake();
	}

	/**
	 * Compares the two clocks. A machine that was suspended may not have counted that
	 * time in its monotonic clock.
	 */
	void suspectAfterClockJump() {
		if (this.watchdog.clocksDisagree()) {
			logger.warn("The wall clock jumped: the store is asked again about every held lock");
			suspect();
			this.watchdog.confirmAll();
		}
	}

	// Handles

	/**
	 * Makes the handle of a hold. The engine keeps no way back to it, so that a handle
	 * that is dropped can be noticed.
	 */
	LockHandle handle(Hold hold) {
		SingleHandle handle = new SingleHandle(this, hold);
		hold.watch(new DroppedHandle(handle, this.droppedHandles, hold));
		return handle;
	}

	/**
	 * Releases what belongs to handles that were dropped.
	 */
	void releaseDropped() {
		Reference<? extends LockHandle> reference;
		while ((reference = this.droppedHandles.poll()) != null) {
			if (reference instanceof DroppedHandle dropped) {
				dropped.release();
			}
		}
	}

	/**
	 * Tells of a handle that nobody can reach any more.
	 */
	private static final class DroppedHandle extends PhantomReference<LockHandle> {

		private final Hold hold;

		DroppedHandle(LockHandle handle, ReferenceQueue<LockHandle> queue, Hold hold) {
			super(handle, queue);
			this.hold = hold;
		}

		void release() {
			if (!this.hold.isReleasing()) {
				logger.warn(
						"Lock '{}' (token {}) was dropped without being released, it is released now: "
								+ "close every handle, best with try-with-resources",
						this.hold.name(), this.hold.token);
				this.hold.release();
			}
		}

	}

	// Events

	void publish(LockEvent event) {
		Consumer<LockEvent> listener = this.settings.listener();
		if (listener != null) {
			accept(listener, event);
		}
	}

	void publishLater(LockEvent event) {
		if (this.settings.listener() != null) {
			this.eventPool.execute(() -> publish(event));
		}
	}

	void tellLost(LockLost event, String description, List<Consumer<LockLost>> callbacks) {
		logger.warn(description);
		publishLater(event);
		tell(event, callbacks);
	}

	void tell(LockLost event, List<Consumer<LockLost>> callbacks) {
		for (Consumer<LockLost> callback : callbacks) {
			if (this.eventPool.isShutdown()) {
				accept(callback, event);
			}
			else {
				this.eventPool.execute(() -> accept(callback, event));
			}
		}
	}

	private static <E extends LockEvent> void accept(Consumer<? super E> listener, E event) {
		try {
			listener.accept(event);
		}
		catch (RuntimeException ex) {
			logger.error("A listener failed on {}", event, ex);
		}
	}

	// Failures

	static BackendException backendException(Throwable thrown) {
		Throwable ex = thrown;
		while (ex instanceof CompletionException && ex.getCause() != null) {
			ex = ex.getCause();
		}
		return (ex instanceof BackendException backendException) ? backendException
				: new BackendException(Objects.requireNonNullElse(ex.getMessage(), ex.getClass().getName()), true, ex);
	}

	LockBackendException failure(String name, BackendException ex) {
		return ex.mayHaveApplied() ? new LockOutcomeUnknownException("Lock '" + name
				+ "' not acquired: the store did not answer, what it may have granted is given back in the background: "
				+ ex.getMessage(), ex)
				: new LockBackendException(
						"Lock '" + name + "' not acquired: the store cannot be asked: " + ex.getMessage(), ex);
	}

	LockOutcomeUnknownException noAnswer(String name, long since) {
		return new LockOutcomeUnknownException("Lock '" + name + "' not acquired: no answer from " + this.traits.id()
				+ " within " + Durations.text(nanoTime() - since)
				+ ", what it may have granted is given back in the background", null);
	}

	LockRegistryStoppedException stopped(String name) {
		return new LockRegistryStoppedException("Lock '" + name + "' not acquired: the lock registry is stopped");
	}

	// Looking

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

	void holdBegan() {
		this.holds.incrementAndGet();
	}

	void holdEnded() {
		if (this.holds.decrementAndGet() == 0 && this.stopping) {
			signalQuiet();
		}
	}

	private void signalQuiet() {
		this.quiet.lock();
		try {
			this.quietNow.signalAll();
		}
		finally {
			this.quiet.unlock();
		}
	}

	/**
	 * Stops in this order: nobody gets in, waiters are told, holders may finish, those
	 * that remain are told that their lock is lost, what was released is given back,
	 * threads and connection end. What is still held is not released: its body may be
	 * running, and the lease ends by itself.
	 */
	void stop(Duration gracePeriod) {
		this.stopping = true;
		this.gates.values().forEach(LocalGate::stop);
		await(gracePeriod, () -> this.holds.get() == 0);
		for (LocalGate gate : this.gates.values()) {
			Grant grant = gate.grant();
			if (grant != null) {
				grant.lose(Cause.SHUTDOWN);
			}
		}
		await(this.traits.requestTimeout(), this.cleanup::isIdle);
		this.time.stop();
		this.asyncPool.shutdown();
		this.eventPool.shutdown();
		try {
			if (!this.eventPool.awaitTermination(1, TimeUnit.SECONDS)) {
				logger.warn("Listeners of lost locks are still busy while the lock registry stops");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.backend.close();
	}

	private void await(Duration longest, BooleanSupplier condition) {
		long end = System.nanoTime() + longest.toNanos();
		this.quiet.lock();
		try {
			long left = end - System.nanoTime();
			while (!condition.getAsBoolean() && left > 0) {
				this.quietNow.awaitNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(20)));
				left = end - System.nanoTime();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			this.quiet.unlock();
		}
	}

}
