package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One thread asks for the lease of a lock while another hands the lock to the next
 * caller.
 */
class LeaseRaceTests {

	private static final int ROUNDS = 10_000;

	@Test
	void aLeaseIsToldToOneHolderAtMost() throws Exception {
		ExecutorService other = Executors.newSingleThreadExecutor();
		CyclicBarrier start = new CyclicBarrier(2);
		int told = 0;
		int refused = 0;
		try (ManagedLockRegistry locks = LockRegistryBuilder.of(new MemoryLockBackendFactory())
			.handOffSlice(Duration.ofHours(1))
			.build()) {
			LockSpec spec = LockSpec.of("a").withUnboundedWait();
			LockHandle handle = locks.acquire(spec);
			for (int i = 0; i < ROUNDS; i++) {
				LockHandle holder = handle;
				CompletableFuture<LockHandle> next = locks.acquireAsync(spec).toCompletableFuture();
				Future<Long> asking = other.submit(() -> {
					start.await();
					return revision(holder);
				});
				start.await();
				for (int spin = i % 64; spin > 0; spin--) {
					Thread.onSpinWait();
				}
				holder.close();
				handle = next.get(10, TimeUnit.SECONDS);
				long revision = asking.get(10, TimeUnit.SECONDS);
				if (revision > 0) {
					told++;
					assertThat(handle.leases().get(0).revision()).as("round %d", i).isGreaterThan(revision);
				}
				else {
					refused++;
				}
			}
			handle.close();
		}
		finally {
			other.shutdownNow();
		}
		assertThat(told).isPositive();
		assertThat(refused).isPositive();
	}

	private static long revision(LockHandle holder) {
		try {
			return holder.leases().get(0).revision();
		}
		catch (LockLostException ex) {
			return 0;
		}
	}

}
