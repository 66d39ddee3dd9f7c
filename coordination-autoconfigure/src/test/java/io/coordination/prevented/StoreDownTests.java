package io.coordination.prevented;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.OnBusy;
import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockNotAcquiredException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A store that is down and looks like a lock that is busy: the job is skipped every
 * night, and nobody is told. The naive aspect takes any exception for a lock that it did
 * not get.
 */
class StoreDownTests {

	private static final Aspect NAIVE = (call, lock, registry) -> {
		LockHandle handle;
		try {
			handle = registry.acquire(lock.name());
		}
		catch (Exception ex) {
			return null;
		}
		try (handle) {
			return call.proceed();
		}
	};

	@Test
	void aspectSkipsTheJob() {
		Locked.run(Locked.aspect(NAIVE), Job.class, (locked) -> {
			locked.others().storeDown();
			assertThat(locked.service().skip()).isNull();
		});
	}

	@Test
	void libraryTellsThemApart() {
		Locked.run(Locked.library(), Job.class, (locked) -> {
			Job job = locked.service();
			locked.others().holdElsewhere("job");
			assertThat(job.skip()).isNull();
			assertThat(job.answer()).isEqualTo("busy");
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(job::run);
			locked.others().reset();
			locked.others().storeDown();
			assertThatExceptionOfType(LockBackendException.class).isThrownBy(job::skip);
			assertThatExceptionOfType(LockBackendException.class).isThrownBy(job::answer);
			assertThatExceptionOfType(LockBackendException.class).isThrownBy(job::run);
		});
	}

	static class Job {

		@DistributedLock(name = "job", onBusy = OnBusy.SKIP)
		public @Nullable String skip() {
			return "done";
		}

		@DistributedLock(name = "job", fallbackMethod = "busy")
		public String answer() {
			return "done";
		}

		String busy() {
			return "busy";
		}

		@DistributedLock("job")
		public String run() {
			return "done";
		}

	}

}
