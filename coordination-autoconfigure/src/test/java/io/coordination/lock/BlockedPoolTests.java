package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.coordination.memory.MemoryLockBackendFactory;
import io.coordination.memory.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Code of the application that blocks the threads on which its futures are completed.
 */
class BlockedPoolTests {

	@Test
	void aBoundedWaitForSeveralLocksEndsAlsoWhileContinuationsWaitForSeveralLocks()
			throws InterruptedException, ExecutionException, TimeoutException {
		MemoryStore store = new MemoryStore();
		try (ManagedLockRegistry others = registry(store); ManagedLockRegistry locks = registry(store)) {
			LockHandle gate = others.acquire("gate");
			LockHandle busy = others.acquire("busy");
			int callers = 2 * Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
			List<CompletableFuture<Boolean>> done = new ArrayList<>();
			List<LockHandle> kept = new ArrayList<>();
			for (int i = 0; i < callers; i++) {
				LockSpec first = LockSpec.of("own:" + i);
				kept.add(others.acquire(first));
				LockSpec both = LockSpec.ofAll("busy", "free:" + i).withWaitTime(Duration.ofMillis(500));
				done.add(locks.acquireAsync(first.withUnboundedWait()).toCompletableFuture().thenApply((handle) -> {
					try (handle) {
						return locks.tryAcquire(both).isEmpty();
					}
					catch (InterruptedException ex) {
						return false;
					}
				}));
			}
			kept.forEach(LockHandle::close);
			// Each continuation holds the lock that it was called with
			Awaitility.await().until(() -> locks.held().size() >= callers / 2);
			CompletableFuture<Boolean> main = CompletableFuture.supplyAsync(() -> {
				try {
					return locks.tryAcquire(LockSpec.ofAll("busy", "z").withWaitTime(Duration.ofMillis(500))).isEmpty();
				}
				catch (InterruptedException ex) {
					return false;
				}
			});
			try {
				assertThat(main.get(15, TimeUnit.SECONDS)).as("answered: busy").isTrue();
				for (CompletableFuture<Boolean> each : done) {
					assertThat(each.get(15, TimeUnit.SECONDS)).isTrue();
				}
			}
			finally {
				busy.close();
				gate.close();
			}
		}
	}

	private static ManagedLockRegistry registry(MemoryStore store) {
		return LockRegistryBuilder.of(new MemoryLockBackendFactory(store))
			.namespace("test")
			.gracePeriod(Duration.ZERO)
			.build();
	}

}
