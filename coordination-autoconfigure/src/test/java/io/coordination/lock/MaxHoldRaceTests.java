package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.coordination.memory.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Somebody looks at a handle at the end of its maximum hold time, while its owner hands
 * the lock to the next caller.
 */
class MaxHoldRaceTests {

	private final ManualTime time = new ManualTime();

	private final AtomicReference<@Nullable Runnable> onWall = new AtomicReference<>();

	private final EngineTime racing = new EngineTime() {

		@Override
		public long nanoTime() {
			return MaxHoldRaceTests.this.time.nanoTime();
		}

		@Override
		public long wallMillis() {
			Runnable action = MaxHoldRaceTests.this.onWall.getAndSet(null);
			if (action != null) {
				action.run();
			}
			return MaxHoldRaceTests.this.time.wallMillis();
		}

		@Override
		public Timer schedule(Runnable task, long delayNanos) {
			return MaxHoldRaceTests.this.time.schedule(task, delayNanos);
		}

		@Override
		public void stop() {
			MaxHoldRaceTests.this.time.stop();
		}

	};

	@Test
	void theNextHolderIsRenewedWhenSomebodyLookedAtTheOneBeforeInTheLastMoment() throws Exception {
		FlakyBackendFactory backend = new FlakyBackendFactory(new MemoryStore(this.time));
		try (ManagedLockRegistry locks = LockRegistryBuilder.of(backend)
			.namespace("test")
			.gracePeriod(Duration.ZERO)
			.handOffSlice(Duration.ofMinutes(1))
			.time(() -> this.racing)
			.build()) {
			LockSpec spec = LockSpec.of("a").withUnboundedWait();
			LockHandle limited = locks.acquireAsync(spec.withMaxHoldTime(Duration.ofMillis(100)))
				.toCompletableFuture()
				.join();
			CompletableFuture<LockHandle> next = locks.acquireAsync(spec).toCompletableFuture();
			CountDownLatch looking = new CountDownLatch(1);
			Thread onlooker = new Thread(limited::state, "onlooker");
			CountDownLatch released = new CountDownLatch(1);
			this.onWall.set(() -> {
				// the owner is in release(), and is not running for 100 ms
				this.time.shift(Duration.ofMillis(101));
				this.onWall.set(() -> {
					looking.countDown();
					await(released);
				});
				onlooker.start();
				await(looking);
			});
			limited.release();
			LockHandle successor = next.join();
			released.countDown();
			onlooker.join();
			this.time.advance(Duration.ofSeconds(31));
			assertThat(successor.state()).isEqualTo(LockState.HELD);
		}
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
