package io.coordination.lock;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.coordination.backend.LockBackendFactory;
import io.coordination.lock.event.LockEvent;

/**
 * Builds a {@link LockRegistry} by hand, where Spring Boot does not.
 *
 * <pre class="code">
 * try (ManagedLockRegistry locks = LockRegistryBuilder.of(factory).namespace("shop").build()) {
 *     locks.execute(LockSpec.of("order:42"), (lock) -&gt; …);
 * }
 * </pre>
 *
 * Not safe for use by several threads.
 */
public final class LockRegistryBuilder {

	private static final Duration DEFAULT_WAIT = Duration.ofSeconds(3);

	private static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

	private static final Duration DEFAULT_SLICE = Duration.ofMillis(50);

	private static final Duration DEFAULT_GRACE = Duration.ofSeconds(20);

	private final LockBackendFactory factory;

	private String namespace = "default";

	private Duration waitTime = DEFAULT_WAIT;

	private Duration leaseTime = DEFAULT_LEASE;

	private boolean renewal = true;

	private boolean asyncRelease;

	private boolean handOff = true;

	private Duration handOffSlice = DEFAULT_SLICE;

	private long fencingBase;

	private Duration gracePeriod = DEFAULT_GRACE;

	private final List<Consumer<LockEvent>> listeners = new ArrayList<>(1);

	private final List<Consumer<LockEvent>> lossListeners = new ArrayList<>(1);

	private Supplier<EngineTime> time = SystemTime::new;

	private LockRegistryBuilder(LockBackendFactory factory) {
		this.factory = factory;
	}

	/**
	 * Begins to build.
	 * @param factory opens the backend, at each start of the registry
	 * @return a builder
	 */
	public static LockRegistryBuilder of(LockBackendFactory factory) {
		return new LockRegistryBuilder(Objects.requireNonNull(factory, "'factory' must not be null"));
	}

	/**
	 * What keeps applications apart that share a store. Registries meet only within one
	 * namespace.
	 * @param namespace a name like that of a lock; {@code default} if it is not set
	 * @return this builder
	 * @throws LockKeyException if it cannot be a namespace
	 */
	public LockRegistryBuilder namespace(String namespace) {
		this.namespace = LockNames.checkNamespace(namespace);
		return this;
	}

	/**
	 * How long to wait for a lock where the spec does not say.
	 * @param waitTime zero or more, or {@link LockSpec#UNBOUNDED}; 3 seconds if it is not
	 * set
	 * @return this builder
	 */
	public LockRegistryBuilder waitTime(Duration waitTime) {
		this.waitTime = notNegative(waitTime, "waitTime");
		return this;
	}

	/**
	 * The time after which an unrenewed lock is free for others, where the spec does not
	 * say.
	 * @param leaseTime more than zero; 30 seconds if it is not set
	 * @return this builder
	 */
	public LockRegistryBuilder leaseTime(Duration leaseTime) {
		if (notNegative(leaseTime, "leaseTime").isZero() || leaseTime.compareTo(LockSpec.MAX_LEASE) > 0) {
			throw new IllegalArgumentException(
					"'leaseTime' must be positive and at most " + LockSpec.MAX_LEASE + ": " + leaseTime);
		}
		this.leaseTime = leaseTime;
		return this;
	}

	/**
	 * Whether a lease is renewed while the lock is held, where the spec does not say.
	 * @param renewal whether to renew; {@code true} if it is not set
	 * @return this builder
	 */
	public LockRegistryBuilder renewal(boolean renewal) {
		this.renewal = renewal;
		return this;
	}

	/**
	 * Whether a release returns before the store has answered. What goes wrong then is
	 * logged only.
	 * @param asyncRelease whether not to wait; {@code false} if it is not set
	 * @return this builder
	 */
	public LockRegistryBuilder asyncRelease(boolean asyncRelease) {
		this.asyncRelease = asyncRelease;
		return this;
	}

	/**
	 * Whether a lock may pass from one caller of this process to the next without asking
	 * the store.
	 * @param handOff whether it may; {@code true} if it is not set
	 * @return this builder
	 */
	public LockRegistryBuilder handOff(boolean handOff) {
		this.handOff = handOff;
		return this;
	}

	/**
	 * For how long a lock may pass from caller to caller before those who wait in other
	 * processes have their turn.
	 * @param handOffSlice zero or more, counted from when the store granted the lock; 50
	 * milliseconds if it is not set
	 * @return this builder
	 */
	public LockRegistryBuilder handOffSlice(Duration handOffSlice) {
		this.handOffSlice = notNegative(handOffSlice, "handOffSlice");
		return this;
	}

	/**
	 * What is added to the revisions of the store before they become fencing tokens. Set
	 * it above every token the guarded resource has seen when the store is replaced or
	 * restored.
	 * @param fencingBase zero or more, below 2<sup>53</sup>; zero if it is not set
	 * @return this builder
	 */
	public LockRegistryBuilder fencingBase(long fencingBase) {
		if (fencingBase < 0 || fencingBase >= 1L << 53) {
			throw new IllegalArgumentException("'fencingBase' must not be negative, and below 2^53: " + fencingBase);
		}
		this.fencingBase = fencingBase;
		return this;
	}

	/**
	 * How long those who hold a lock may finish when the registry is closed.
	 * @param gracePeriod zero or more; 20 seconds if it is not set
	 * @return this builder
	 */
	public LockRegistryBuilder gracePeriod(Duration gracePeriod) {
		this.gracePeriod = notNegative(gracePeriod, "gracePeriod");
		return this;
	}

	/**
	 * Who is told of every event, beside those that were given before. What it throws is
	 * logged. Acquisition, refusal and release are told on the thread that acts, before
	 * its call returns, so a slow listener slows that down; loss and uncertainty on a
	 * thread of the registry.
	 * @param listener the listener; safe for use by many threads
	 * @return this builder
	 */
	public LockRegistryBuilder listener(Consumer<LockEvent> listener) {
		this.listeners.add(Objects.requireNonNull(listener, "'listener' must not be null"));
		return this;
	}

	/**
	 * Who is told of locks that are lost or uncertain and of nothing else, beside those
	 * that were given before: an acquisition without any other listener makes no event.
	 * What it throws is logged. Told on a thread of the registry.
	 * @param listener the listener; safe for use by many threads
	 * @return this builder
	 */
	public LockRegistryBuilder lossListener(Consumer<LockEvent> listener) {
		this.lossListeners.add(Objects.requireNonNull(listener, "'listener' must not be null"));
		return this;
	}

	LockRegistryBuilder time(Supplier<EngineTime> time) {
		this.time = time;
		return this;
	}

	/**
	 * Builds the registry and starts it. Does not wait for the store.
	 * @return a running registry, to be closed by the caller
	 * @throws IllegalArgumentException if the lease is shorter than what the store can
	 * keep
	 */
	public ManagedLockRegistry build() {
		Settings settings = new Settings(this.namespace, Durations.nanos(this.waitTime),
				new Terms(this.leaseTime.toNanos(), this.renewal), this.asyncRelease, this.handOff,
				Durations.nanos(this.handOffSlice), this.fencingBase, this.gracePeriod, List.copyOf(this.listeners),
				List.copyOf(this.lossListeners));
		LockBackendFactory opened = this.factory;
		Supplier<EngineTime> clock = this.time;
		DefaultLockRegistry registry = new DefaultLockRegistry(settings,
				() -> new Engine(opened, settings, clock.get(), ownerPrefix()));
		registry.start();
		return registry;
	}

	private static String ownerPrefix() {
		return host() + "/" + ProcessHandle.current().pid() + "/"
				+ Long.toHexString(ThreadLocalRandom.current().nextLong() >>> 16);
	}

	private static String host() {
		try {
			return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9._-]", "_");
		}
		catch (UnknownHostException ex) {
			return "localhost";
		}
	}

	private static Duration notNegative(Duration value, String name) {
		Objects.requireNonNull(value, () -> "'" + name + "' must not be null");
		if (value.isNegative()) {
			throw new IllegalArgumentException("'" + name + "' must not be negative: " + value);
		}
		return value;
	}

}
