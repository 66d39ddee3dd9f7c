package io.coordination.prevented;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockSpec;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Work that takes longer than whoever wrote the lease had thought, so that somebody else
 * begins while it goes on. The naive aspect takes the lease for the time after which the
 * lock ends, and renews nothing.
 */
class LeaseGuessTests {

	private static final Duration LEASE = Duration.ofSeconds(3);

	private static final Aspect NAIVE = (call, lock, registry) -> {
		try (LockHandle handle = registry.acquire(LockSpec.of(lock.name()).withLeaseTime(LEASE).withRenewal(false))) {
			handle.ensureHeld();
			return call.proceed();
		}
	};

	@Test
	void aspectLetsSomebodyElseIn() {
		Locked.run(Locked.aspect(NAIVE), Work.class,
				(locked) -> locked.service()
					.longerThanTheLease(() -> Awaitility.await()
						.atMost(LEASE.multipliedBy(3))
						.untilAsserted(() -> assertThat(locked.isFree("work")).isTrue())));
	}

	@Test
	void libraryRenewsTheLeaseWhileTheMethodRuns() {
		Locked.run(Locked.library(), Work.class,
				(locked) -> locked.service()
					.longerThanTheLease(() -> Awaitility.await()
						.during(LEASE.plusSeconds(1))
						.atMost(LEASE.multipliedBy(3))
						.untilAsserted(() -> assertThat(locked.isFree("work")).isFalse())));
	}

	static class Work {

		@DistributedLock(name = "work", leaseTime = "3s")
		public void longerThanTheLease(Runnable work) {
			work.run();
		}

	}

}
