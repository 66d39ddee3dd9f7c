package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import io.coordination.memory.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A machine that is suspended, with a monotonic clock that stands still, between a
 * request and the moment at which its answer is read.
 */
class SuspendedMachineTests {

	private final ManualTime time = new ManualTime();

	private final AtomicLong suspended = new AtomicLong();

	private final MemoryStore store = new MemoryStore(() -> this.time.nanoTime() + this.suspended.get());

	@Test
	void aGrantThatIsReadAfterASuspendIsAskedAboutAgain() {
		FlakyBackendFactory backend = new FlakyBackendFactory(this.store);
		FlakyBackendFactory otherBackend = new FlakyBackendFactory(this.store);
		try (ManagedLockRegistry locks = registry(backend); ManagedLockRegistry others = registry(otherBackend)) {
			backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
			CompletableFuture<LockHandle> future = locks.acquireAsync(LockSpec.of("a")).toCompletableFuture();
			backend.network = FlakyBackendFactory.Network.GOOD;
			// one hour: the wall clock and the store go on, our nanoTime does not
			this.suspended.addAndGet(Duration.ofHours(1).toNanos());
			this.time.jumpWall(Duration.ofHours(1));
			LockHandle other = others.acquireAsync(LockSpec.of("a")).toCompletableFuture().join();
			backend.deliver(backend.heldAnswers);
			assertThat(locks.held()).isEmpty();
			assertThat(other.state()).isEqualTo(LockState.HELD);
			other.close();
			this.time.advance(Duration.ofSeconds(1));
			assertThat(future.join().fencingToken()).isGreaterThan(other.fencingToken());
		}
	}

	private ManagedLockRegistry registry(FlakyBackendFactory backend) {
		return LockRegistryBuilder.of(backend)
			.namespace("test")
			.gracePeriod(Duration.ZERO)
			.time(() -> this.time)
			.build();
	}

}
