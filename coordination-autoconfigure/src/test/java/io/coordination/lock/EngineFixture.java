package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.AfterEach;

import io.coordination.lock.event.LockEvent;
import io.coordination.memory.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two registries, as two processes would have them, on one store in memory, in a time
 * that moves when told to.
 */
abstract class EngineFixture {

	static final Duration LEASE = Duration.ofSeconds(30);

	static final LockSpec SPEC = LockSpec.of("invoice:42");

	final ManualTime time = new ManualTime();

	final MemoryStore store = new MemoryStore(this.time);

	final List<LockEvent> events = new CopyOnWriteArrayList<>();

	final FlakyBackendFactory backend = new FlakyBackendFactory(this.store);

	final FlakyBackendFactory otherBackend = new FlakyBackendFactory(this.store);

	final ManagedLockRegistry locks = builder(this.backend).listener(this.events::add).build();

	final ManagedLockRegistry others = builder(this.otherBackend).build();

	private final List<LockHandle> kept = new ArrayList<>();

	LockRegistryBuilder builder(FlakyBackendFactory factory) {
		return LockRegistryBuilder.of(factory)
			.namespace("test")
			.leaseTime(LEASE)
			.waitTime(Duration.ofSeconds(5))
			.gracePeriod(Duration.ZERO)
			.time(() -> this.time);
	}

	@AfterEach
	void closeRegistries() {
		this.locks.close();
		this.others.close();
	}

	CompletableFuture<LockHandle> ask(ManagedLockRegistry registry, LockSpec spec) {
		return registry.acquireAsync(spec).toCompletableFuture();
	}

	static <T> T now(CompletionStage<T> stage) {
		try {
			return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
		}
		catch (ExecutionException ex) {
			throw (RuntimeException) ex.getCause();
		}
		catch (InterruptedException | TimeoutException ex) {
			throw new AssertionError(ex);
		}
	}

	LockHandle hold(ManagedLockRegistry registry) {
		return hold(registry, SPEC);
	}

	/**
	 * Acquires a free lock. The handle stays reachable for as long as the test runs.
	 */
	LockHandle hold(ManagedLockRegistry registry, LockSpec spec) {
		CompletableFuture<LockHandle> future = ask(registry, spec);
		assertThat(future).isCompleted();
		LockHandle handle = now(future);
		this.kept.add(handle);
		return handle;
	}

	/**
	 * Whether somebody else could have the lock now.
	 */
	boolean isFree() {
		try {
			now(ask(this.others, SPEC.withoutWaiting())).close();
			return true;
		}
		catch (LockNotAcquiredException ex) {
			return false;
		}
	}

	/**
	 * Nobody of a registry has a lock, and nobody is about to be told so: futures are
	 * completed later, on other threads.
	 */
	static void assertNothingIsHeld(ManagedLockRegistry registry) {
		assertThat(registry.held()).isEmpty();
	}

}
