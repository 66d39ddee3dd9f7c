package io.coordination.prevented;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockSpec;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two calls that each hold what the other wants. The naive aspect acquires the keys in
 * the order in which they are written, each with a wait of its own; another one joins
 * them to one key, and then different orders of the same things do not exclude each
 * other.
 */
class DeadlockTests {

	private final ExecutorService threads = Executors.newFixedThreadPool(2);

	@AfterEach
	void stop() {
		this.threads.shutdownNow();
	}

	@Test
	void aspectWithKeysAsWrittenWaitsInACircle() {
		CyclicBarrier bothHaveOne = new CyclicBarrier(2);
		Aspect asWritten = (call, lock, registry) -> {
			Deque<LockHandle> handles = new ArrayDeque<>();
			try {
				for (String key : lock.keys()) {
					handles.push(registry.acquire(
							LockSpec.of("account:" + Aspect.spel(call, key)).withWaitTime(Duration.ofMillis(500))));
					if (handles.size() == 1) {
						bothHaveOne.await(10, TimeUnit.SECONDS);
					}
				}
				return call.proceed();
			}
			finally {
				handles.forEach(LockHandle::release);
			}
		};
		Locked.run(Locked.aspect(asWritten), Accounts.class,
				(locked) -> assertThat(inOppositeDirections(locked.service(), 1)).as("refused").isPositive());
	}

	@Test
	void aspectWithAJoinedKeyLetsBothIn() {
		Locked.run(Locked.aspect(Aspect.naming((call, lock) -> "" + Aspect.spel(call, lock.keys()[0]))), Accounts.class,
				(locked) -> assertThat(locked.service().merge(List.of(1L, 2L)))
					.isNotEqualTo(locked.service().merge(List.of(2L, 1L))));
	}

	@Test
	void libraryAcquiresInOneOrder() {
		Locked.run(Locked.library(), Accounts.class, (locked) -> {
			assertThat(inOppositeDirections(locked.service(), 200)).as("refused").isZero();
			assertThat(locked.service().merge(List.of(2L, 1L, 2L))).isEqualTo("account:1, account:2")
				.isEqualTo(locked.service().merge(List.of(1L, 2L)));
		});
	}

	@Test
	void libraryHoldsAllOrNone() {
		Locked.run(Locked.library(), Accounts.class, (locked) -> {
			locked.others().holdElsewhere("account", 2);
			assertThat(inOppositeDirections(locked.service(), 1)).as("refused").isEqualTo(2);
			assertThat(locked.isFree("account:1")).isTrue();
		});
	}

	/**
	 * Transfers from one to two and from two to one at the same time.
	 * @return how many were refused
	 */
	private int inOppositeDirections(Accounts accounts, int times) throws InterruptedException {
		List<Callable<Void>> calls = new ArrayList<>();
		for (int i = 0; i < times; i++) {
			calls.add(() -> accounts.transfer(1, 2));
			calls.add(() -> accounts.transfer(2, 1));
		}
		int refused = 0;
		for (Future<Void> call : this.threads.invokeAll(calls)) {
			try {
				call.get();
			}
			catch (ExecutionException ex) {
				assertThat(ex).hasCauseInstanceOf(LockNotAcquiredException.class);
				refused++;
			}
		}
		return refused;
	}

	static class Accounts extends Witness {

		@DistributedLock(name = "account", keys = { "#from", "#to" }, waitTime = "1s")
		public Void transfer(long from, long to) {
			return null;
		}

		@DistributedLock(name = "account", keys = "#accounts")
		public String merge(List<Long> accounts) {
			return held();
		}

	}

}
