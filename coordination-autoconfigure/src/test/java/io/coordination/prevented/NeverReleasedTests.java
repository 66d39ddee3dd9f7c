package io.coordination.prevented;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.ReleasePolicy;
import io.coordination.lock.LockHandle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * A lock that is never released. One naive aspect has its flag the wrong way round, as a
 * starter had for a year: what should be released is kept, and the other way round. The
 * other aspect has no {@code finally}.
 */
class NeverReleasedTests {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private static final Aspect WRONG_WAY_ROUND = (call, lock, registry) -> {
		LockHandle handle = registry.acquire(lock.name());
		try {
			return call.proceed();
		}
		finally {
			if (lock.release() == ReleasePolicy.ON_EXPIRY) {
				handle.release();
			}
		}
	};

	private static final Aspect WITHOUT_FINALLY = (call, lock, registry) -> {
		LockHandle handle = registry.acquire(lock.name());
		Object result = call.proceed();
		handle.release();
		return result;
	};

	@Test
	void aspectKeepsWhatShouldBeReleased() {
		Locked.run(Locked.aspect(WRONG_WAY_ROUND), Work.class, (locked) -> {
			locked.service().completion(false);
			assertThat(locked.isFree("completion")).isFalse();
			locked.service().expiry(false);
			assertThat(locked.isFree("expiry")).isTrue();
		});
	}

	@Test
	void aspectKeepsItAfterAnException() {
		Locked.run(Locked.aspect(WITHOUT_FINALLY), Work.class, (locked) -> {
			locked.service().completion(false);
			assertThat(locked.isFree("completion")).isTrue();
			assertThatIllegalStateException().isThrownBy(() -> locked.service().completion(true));
			assertThat(locked.isFree("completion")).isFalse();
		});
	}

	@Test
	void libraryReleasesAsItSays() {
		Locked.run(Locked.library(), Work.class, (locked) -> {
			Work work = locked.service();
			work.completion(false);
			assertThat(locked.isFree("completion")).isTrue();
			work.invocation(false);
			assertThat(locked.isFree("invocation")).isTrue();
			work.expiry(false);
			assertThat(locked.isFree("expiry")).isFalse();
		});
	}

	@Test
	void libraryReleasesAsItSaysAfterAnException() {
		Locked.run(Locked.library(), Work.class, (locked) -> {
			Work work = locked.service();
			assertThatIllegalStateException().isThrownBy(() -> work.completion(true));
			assertThat(locked.isFree("completion")).isTrue();
			assertThatIllegalStateException().isThrownBy(() -> work.invocation(true));
			assertThat(locked.isFree("invocation")).isTrue();
			assertThatIllegalStateException().isThrownBy(() -> work.expiry(true));
			assertThat(locked.isFree("expiry")).isFalse();
			assertThat(work.future()).failsWithin(PATIENCE);
			Awaitility.await().until(() -> locked.isFree("future"));
		});
	}

	static class Work {

		@DistributedLock("completion")
		public void completion(boolean fails) {
			work(fails);
		}

		@DistributedLock(name = "invocation", release = ReleasePolicy.AFTER_INVOCATION)
		public void invocation(boolean fails) {
			work(fails);
		}

		@DistributedLock(name = "expiry", release = ReleasePolicy.ON_EXPIRY, leaseTime = "10m")
		public void expiry(boolean fails) {
			work(fails);
		}

		@DistributedLock("future")
		public CompletableFuture<String> future() {
			return CompletableFuture.failedFuture(new IllegalStateException("of the method"));
		}

		private static void work(boolean fails) {
			if (fails) {
				throw new IllegalStateException("of the method");
			}
		}

	}

}
