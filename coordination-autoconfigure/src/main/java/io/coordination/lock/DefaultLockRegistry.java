package io.coordination.lock;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry that applications see: finds out what a spec means here, and gives it to
 * the engine of the present life.
 */
final class DefaultLockRegistry implements ManagedLockRegistry {

	private static final Logger logger = LoggerFactory.getLogger(DefaultLockRegistry.class);

	private final Settings settings;

	private final Supplier<Engine> engines;

	private final ThreadHolds holds = new ThreadHolds();

	private final Entrance entrance = new Entrance(this, this.holds);

	private final ReentrantLock life = new ReentrantLock();

	// written under life
	private volatile @Nullable Engine engine;

	DefaultLockRegistry(Settings settings, Supplier<Engine> engines) {
		this.settings = settings;
		this.engines = engines;
	}

	@Override
	public LockHandle acquire(LockSpec spec) throws InterruptedException {
		Engine current = running(spec);
		Terms terms = terms(spec, current);
		if (spec.names().size() > 1) {
			return Acquired.await(acquireAll(current, spec, terms, Runnable::run));
		}
		String name = spec.names().get(0);
		if (Thread.interrupted()) {
			throw new InterruptedException();
		}
		Waiter waiter = new Waiter(terms, waitNanos(spec), HoldTime.of(spec), spec.label(name), current.nanoTime(),
				null);
		LocalGate gate = current.enter(name, waiter);
		try {
			if (!waiter.await(waiter.waitNanos)) {
				if (gate.lastCall(waiter)) {
					waiter.await(current.graceNanos());
				}
				gate.expire(waiter);
			}
		}
		catch (InterruptedException ex) {
			leave(current, gate, waiter);
			throw ex;
		}
		try {
			return current.acquired(waiter);
		}
		catch (LockException ex) {
			ex.fillInStackTrace();
			current.announcer().refused(name, waiter, ex);
			throw ex;
		}
	}

	private static void leave(Engine engine, LocalGate gate, Waiter waiter) {
		if (gate.abandon(waiter)) {
			engine.announcer().refused(gate.name(), waiter, null);
			return;
		}
		try {
			Handles.giveBack(engine.acquired(waiter));
		}
		catch (LockException ex) {
			engine.announcer().refused(gate.name(), waiter, ex);
		}
	}

	@Override
	public Optional<LockHandle> tryAcquire(LockSpec spec) throws InterruptedException {
		try {
			return Optional.of(acquire(spec));
		}
		catch (LockNotAcquiredException ex) {
			return Optional.empty();
		}
	}

	@Override
	public CompletionStage<LockHandle> acquireAsync(LockSpec spec) {
		try {
			Engine current = running(spec);
			Terms terms = terms(spec, current);
			return (spec.names().size() > 1) ? acquireAll(current, spec, terms, current::async)
					: new AsyncAcquisition(current, spec.names().get(0), spec, terms, waitNanos(spec), current::async)
						.start();
		}
		catch (LockException | IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	private CompletableFuture<LockHandle> acquireAll(Engine current, LockSpec spec, Terms terms, Executor completer) {
		return new MultiAcquisition(current, spec, terms, waitNanos(spec), completer).start();
	}

	@Override
	public <T extends @Nullable Object, E extends Exception> T execute(LockSpec spec, LockedAction<T, E> action)
			throws E, InterruptedException {
		Objects.requireNonNull(spec, "'spec' must not be null");
		Objects.requireNonNull(action, "'action' must not be null");
		List<ThreadHolds.Entry> entries = this.entrance.use(spec);
		LockHandle handle = Entrance.joined(entries.stream().map(ThreadHolds.Entry::seen).toList());
		LossInterrupt interrupt = spec.interruptOnLoss() ? new LossInterrupt(handle, Thread.currentThread()) : null;
		T result;
		try {
			result = action.run(handle);
		}
		catch (Throwable ex) {
			LockLostException lost = leave(entries, interrupt);
			if (lost != null && !(ex instanceof LockLostException)) {
				ex.addSuppressed(lost);
			}
			throw ex;
		}
		LockLostException lost = leave(entries, interrupt);
		if (lost != null) {
			throw lost;
		}
		return result;
	}

	/**
	 * Ends a call.
	 * @return what to throw if what it was the last to use was lost, or {@code null}
	 */
	private @Nullable LockLostException leave(List<ThreadHolds.Entry> entries, @Nullable LossInterrupt interrupt) {
		if (interrupt != null) {
			interrupt.end();
		}
		LockHandle over = Entrance.leave(entries);
		return (over != null) ? finish(over) : null;
	}

	@Override
	public LockHandle enter(LockSpec spec) throws InterruptedException {
		return this.entrance.enter(Objects.requireNonNull(spec, "'spec' must not be null"));
	}

	@Override
	public CompletionStage<LockHandle> enterAsync(LockSpec spec) {
		return this.entrance.enterAsync(Objects.requireNonNull(spec, "'spec' must not be null"));
	}

	/**
	 * Releases a handle after its guarded code, without hiding what that code threw.
	 * @return what to throw if the code ended well and the lock was lost, or {@code null}
	 * if it was not
	 */
	@Nullable LockLostException finish(LockHandle handle) {
		try {
			return handle.release() ? null : lost(handle);
		}
		catch (LockBackendException ex) {
			logger.warn(ex.getMessage());
			return null;
		}
	}

	private static LockLostException lost(LockHandle handle) {
		return (handle instanceof SingleHandle single) ? single.lostException()
				: new LockLostException("One of the locks " + handle.name() + " was lost");
	}

	@Override
	public Lock asLock(String name) {
		return new LockView(this, this.holds, LockSpec.of(name));
	}

	@Override
	public Collection<HeldLock> held() {
		Engine current = this.engine;
		return (current != null) ? current.held() : List.of();
	}

	@Override
	public void validate(LockSpec spec) {
		terms(spec, running(spec));
	}

	@Override
	public CompletionStage<Collection<String>> check() {
		Engine current = this.engine;
		if (current == null) {
			return CompletableFuture
				.failedFuture(new LockRegistryStoppedException("The store is not asked: the lock registry is stopped"));
		}
		return current.check();
	}

	@Override
	public void start() {
		this.life.lock();
		try {
			if (this.engine == null) {
				this.engine = this.engines.get();
			}
		}
		finally {
			this.life.unlock();
		}
	}

	@Override
	public void stop(Duration gracePeriod) {
		this.life.lock();
		try {
			Engine current = this.engine;
			if (current != null) {
				current.stop(gracePeriod);
				this.engine = null;
			}
		}
		finally {
			this.life.unlock();
		}
	}

	@Override
	public boolean isRunning() {
		Engine current = this.engine;
		return current != null && !current.isStopping();
	}

	@Override
	public void close() {
		stop(this.settings.gracePeriod());
	}

	/**
	 * How many names are in use.
	 */
	int gateCount() {
		Engine current = this.engine;
		return (current != null) ? current.gateCount() : 0;
	}

	private Engine running(LockSpec spec) {
		Objects.requireNonNull(spec, "'spec' must not be null");
		Engine current = this.engine;
		if (current == null) {
			throw Failures.stopped(String.join(", ", spec.names()));
		}
		return current;
	}

	private Terms terms(LockSpec spec, Engine current) {
		Terms defaults = this.settings.terms();
		Duration lease = spec.leaseTime();
		Boolean renewal = spec.renewal();
		if (lease == null && renewal == null) {
			return defaults;
		}
		return current.checked(new Terms((lease != null) ? lease.toNanos() : defaults.leaseNanos(),
				(renewal != null) ? renewal : defaults.renewal()));
	}

	private long waitNanos(LockSpec spec) {
		Duration wait = spec.waitTime();
		return (wait != null) ? Durations.nanos(wait) : this.settings.waitNanos();
	}

}
