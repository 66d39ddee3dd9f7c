package io.coordination.prevented;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockNotAcquiredException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A fallback method that is not there, or not as it should be, and that is missed in the
 * night in which the lock is busy for the first time. The naive aspect looks for it then.
 */
class FallbackTypoTests {

	private static final Aspect NAIVE = (call, lock, registry) -> {
		try (LockHandle handle = registry.acquire(lock.name())) {
			handle.ensureHeld();
			return call.proceed();
		}
		catch (LockNotAcquiredException busy) {
			return call.getMethod()
				.getDeclaringClass()
				.getDeclaredMethod(lock.fallbackMethod(), call.getMethod().getParameterTypes())
				.invoke(call.getThis(), call.getArguments());
		}
	};

	@Test
	void aspectMissesItWhenTheLockIsBusy() {
		Locked.run(Locked.aspect(NAIVE), Typo.class, (locked) -> {
			assertThat(locked.service().refund(1)).isEqualTo("refunded");
			locked.others().holdElsewhere("refund");
			assertThatExceptionOfType(NoSuchMethodException.class).isThrownBy(() -> locked.service().refund(1));
		});
		Locked.run(Locked.aspect(NAIVE), OtherResult.class, (locked) -> {
			assertThat(locked.service().refund(1)).isEqualTo("refunded");
			locked.others().holdElsewhere("refund");
			assertThatExceptionOfType(ClassCastException.class).isThrownBy(() -> {
				String answer = locked.service().refund(1);
				assertThat(answer).isNotNull();
			});
		});
	}

	@ParameterizedTest
	@ValueSource(classes = { Typo.class, OtherParameters.class, OtherResult.class })
	void libraryMissesItAtStartUp(Class<?> type) {
		Locked.library()
			.withBean(type)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining(type.getName() + ".refund(long)")
				.hasMessageContaining("fallbackMethod"));
	}

	@Test
	void libraryCallsTheOneThatIsThere() {
		Locked.run(Locked.library(), Right.class, (locked) -> {
			locked.others().holdElsewhere("refund");
			assertThat(locked.service().refund(1)).isEqualTo("in progress: 1");
		});
	}

	static class Right {

		@DistributedLock(name = "refund", fallbackMethod = "inProgress")
		public String refund(long id) {
			return "refunded";
		}

		String inProgress(long id) {
			return "in progress: " + id;
		}

	}

	static class Typo {

		@DistributedLock(name = "refund", fallbackMethod = "inProgres")
		public String refund(long id) throws NoSuchMethodException {
			return "refunded";
		}

		String inProgress(long id) {
			return "in progress: " + id;
		}

	}

	static class OtherParameters {

		@DistributedLock(name = "refund", fallbackMethod = "inProgress")
		public String refund(long id) {
			return "refunded";
		}

		String inProgress(int id) {
			return "in progress: " + id;
		}

	}

	static class OtherResult {

		@DistributedLock(name = "refund", fallbackMethod = "inProgress")
		public String refund(long id) {
			return "refunded";
		}

		Object inProgress(long id) {
			return id;
		}

	}

}
