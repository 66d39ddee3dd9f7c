package io.coordination.prevented;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockSpec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Thirty seconds that were thirty milliseconds, and a zero that meant the default. The
 * naive aspect has numbers: milliseconds, which nobody sees where they are written, and
 * zero for what was not set.
 */
class DurationMistakeTests {

	private static final Duration DEFAULT_WAIT = Duration.ofSeconds(2);

	private static final Aspect NAIVE = (call, lock, registry) -> {
		LockSpec spec = LockSpec.of(lock.name());
		long wait = number(lock.waitTime());
		spec = (wait == 0) ? spec : spec.withWaitTime(Duration.ofMillis(wait));
		long lease = number(lock.leaseTime());
		spec = (lease == 0) ? spec : spec.withLeaseTime(Duration.ofMillis(lease)).withRenewal(false);
		LockHandle handle = registry.acquire(spec);
		try {
			return call.proceed();
		}
		finally {
			handle.close();
		}
	};

	@Test
	void aspectTakesSecondsForMilliseconds() {
		Locked.run(Locked.aspect(NAIVE), WithoutUnits.class, (locked) -> locked.service()
			.work(() -> Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> locked.isFree("work"))));
	}

	@Test
	void libraryRefusesNumbersWithoutAUnitAtStartUp() {
		Locked.library()
			.withBean(WithoutUnits.class)
			.run((context) -> assertThat(context).getFailure().hasMessageContaining("leaseTime = \"80\" has no unit."));
	}

	@Test
	void aspectTakesZeroForUnset() {
		Locked.run(patient(Locked.aspect(NAIVE)), Work.class,
				(locked) -> assertThat(refusedAfter(locked)).isGreaterThanOrEqualTo(DEFAULT_WAIT));
	}

	@Test
	void libraryTakesZeroForZero() {
		Locked.run(patient(Locked.library()), Work.class,
				(locked) -> assertThat(refusedAfter(locked)).isLessThan(DEFAULT_WAIT));
	}

	private static ApplicationContextRunner patient(ApplicationContextRunner application) {
		return application.withPropertyValues("coordination.lock.wait-time=" + DEFAULT_WAIT);
	}

	/**
	 * How long a call waits for a lock that is held elsewhere.
	 */
	private static Duration refusedAfter(Locked<Work> locked) {
		locked.others().holdElsewhere("work");
		long start = System.nanoTime();
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> locked.service().atOnce());
		return Duration.ofNanos(System.nanoTime() - start);
	}

	private static long number(String text) {
		return text.isEmpty() ? 0 : Long.parseLong(text);
	}

	static class WithoutUnits {

		/** Eighty seconds, thought its author. */
		@DistributedLock(name = "work", leaseTime = "80")
		public void work(Runnable work) {
			work.run();
		}

	}

	static class Work {

		@DistributedLock(name = "work", waitTime = "0")
		public void atOnce() {
		}

	}

}
