package io.coordination.aop;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@link SingleRun} and {@link Throttle}, with two instances of an application that share
 * a store. A lock that is free as soon as its method has returned fails both.
 */
class ComposedAnnotationTests {

	private final MemoryLockBackendFactory store = new MemoryLockBackendFactory();

	@Test
	void aJobThatIsDoneBeforeTheSlowestClockHasStruckRunsOnce() {
		instance((one, two) -> {
			one.report();
			two.report();
			one.report();
			assertThat(one.runs() + two.runs()).isOne();
			Awaitility.await().pollInterval(Duration.ofMillis(50)).until(() -> {
				two.report();
				return two.runs() == 1;
			});
			assertThat(one.runs()).isOne();
		});
	}

	@Test
	void aJobHasARunForEachKey() {
		instance((one, two) -> {
			one.reportOf("a");
			two.reportOf("b");
			two.reportOf("a");
			assertThat(one.runs()).isOne();
			assertThat(two.runs()).isOne();
		});
	}

	@Test
	void throttledCallsOfOneKeyComeTooSoon() {
		instance((one, two) -> {
			assertThat(one.send("1")).isEqualTo("sent");
			assertThat(two.send("2")).isEqualTo("sent");
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> two.send("1"));
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> one.send("1"));
			assertThat(two.sendOrNothing("3")).isEqualTo("sent");
			assertThat(two.sendOrNothing("3")).isNull();
		});
	}

	@Test
	void aThrottledCallThatFailedCountsToo() {
		instance((one, two) -> {
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> one.fail("1"));
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> two.fail("1"));
		});
	}

	@Test
	void throttledCallsAreLetThroughAgainInTheEnd() {
		instance((one, two) -> {
			assertThat(one.often()).isEqualTo("done");
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(two::often);
			Awaitility.await().pollInterval(Duration.ofMillis(50)).ignoreExceptions().until(() -> two.often() != null);
		});
	}

	private void instance(Visit visit) {
		runner().run((first) -> runner()
			.run((second) -> visit.run(first.getBean(Service.class), second.getBean(Service.class))));
	}

	private ApplicationContextRunner runner() {
		return new LockedFixture<>(Service.class) {
		}.runner()
			.withBean(LockRegistry.class,
					() -> LockRegistryBuilder.of(this.store).namespace("shared").gracePeriod(Duration.ZERO).build())
			.withBean(Service.class);
	}

	interface Visit {

		void run(Service one, Service two);

	}

	static class Service {

		private final AtomicInteger runs = new AtomicInteger();

		public int runs() {
			return this.runs.get();
		}

		@SingleRun(value = "report", minHoldTime = "3s")
		public void report() {
			this.runs.incrementAndGet();
		}

		@SingleRun(value = "report", key = "#tenant")
		public void reportOf(String tenant) {
			this.runs.incrementAndGet();
		}

		@Throttle(value = "sms", key = "#phone", every = "60s")
		public String send(String phone) {
			return "sent";
		}

		@Throttle(value = "sms", key = "#phone", every = "60s", onBusy = OnBusy.SKIP)
		public @Nullable String sendOrNothing(String phone) {
			return "sent";
		}

		@Throttle(value = "fail", key = "#phone", every = "60s")
		public String fail(String phone) {
			throw new IllegalStateException("of the method");
		}

		@Throttle(value = "often", every = "3s")
		public String often() {
			return "done";
		}

	}

}
