package io.coordination.aop;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.scheduling.annotation.Scheduled;

import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What becomes of annotations that cannot work, and of those that work, but perhaps not
 * as they are meant.
 */
@ExtendWith(OutputCaptureExtension.class)
class ValidationTests extends LockedFixture<ValidationTests.Fine> {

	ValidationTests() {
		super(Fine.class);
	}

	@Test
	void whatCannotWorkStopsTheStart() {
		runner().withBean(Typo.class).run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void whatCannotWorkIsLoggedWhereThatIsEnough(CapturedOutput output) {
		runner().withBean(Typo.class).withPropertyValues("coordination.lock.validation=warn").run((context) -> {
			assertThat(output).contains("@DistributedLock on " + Typo.class.getName()
					+ ".work(long): key = \"#idd\" uses '#idd', which is no parameter. Did you mean '#id'?");
			assertThat(output.toString().split("uses '#idd'", -1)).as("said once").hasSize(2);
			Typo typo = context.getBean(Typo.class);
			assertThatExceptionOfType(InvalidDistributedLockException.class).as("never without the lock")
				.isThrownBy(() -> typo.work(1));
		});
	}

	@Test
	void nothingIsLookedForWhereThatIsWanted(CapturedOutput output) {
		runner().withBean(Typo.class)
			.withBean(Suspicious.class)
			.withPropertyValues("coordination.lock.validation=off")
			.run((context) -> {
				assertThat(output).doesNotContain("@DistributedLock on");
				Typo typo = context.getBean(Typo.class);
				assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> typo.work(1));
			});
	}

	@Test
	void whatMayBeMeantSoIsLogged(CapturedOutput output) {
		runner().withBean(Suspicious.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(output)
				.contains("@DistributedLock on " + Suspicious.class.getName() + ": " + Suspicious.class.getName()
						+ ".caller calls its own method 'called', which goes past the proxy and "
						+ "runs without the lock. Call it from another bean, or use LockRegistry.execute.");
			assertThat(output).contains("@DistributedLock on " + Suspicious.class.getName()
					+ ".write(long): the method has no lock, so its @FencingToken parameter gets what the caller "
					+ "passes.");
			assertThat(output).contains("@DistributedLock on " + Suspicious.class.getName()
					+ ".job(): the job waits for the lock and runs in each instance");
		});
	}

	@Test
	void whatIsFineIsNotSpokenOf(CapturedOutput output) {
		run((service) -> {
			assertThat(service.work(1)).isEqualTo(1);
			assertThat(output).doesNotContain("@DistributedLock on");
		});
	}

	@Test
	void propertiesOfANameThatNobodyHasAreLogged(CapturedOutput output) {
		runner().withBean(Fine.class)
			.withPropertyValues("coordination.lock.locks.fien.wait-time=1s",
					"coordination.lock.locks.job.lease-time=9s", "coordination.lock.locks.else.lease-time=9s")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(output)
					.contains("'coordination.lock.locks.fien' has no effect: no @DistributedLock has this name. "
							+ "Did you mean 'fine'? A name with other characters than letters, digits and '-_.' goes in "
							+ "brackets: '[shop:order]'.")
					.contains("'coordination.lock.locks.else' has no effect: no @DistributedLock has this name. A name")
					.doesNotContain("'coordination.lock.locks.job'");
			});
	}

	@Test
	void aNameThatNeedsBracketsIsFound(CapturedOutput output) {
		runner().withBean(Punctuated.class)
			.withPropertyValues("coordination.lock.locks.shop/order.wait-time=1s")
			.run((context) -> assertThat(output).contains("Did you mean '[shop/order]'?"));
		runner().withBean(Punctuated.class)
			.withPropertyValues("coordination.lock.locks.[shop/order].wait-time=-1s")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining(": coordination.lock.locks.shop/order.wait-time = \"-1s\" is negative."));
	}

	@Test
	void wrongPropertiesOfANameAreNamed() {
		runner().withBean(Fine.class)
			.withPropertyValues("coordination.lock.locks.fine.registry=elsewhere")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining(
						": coordination.lock.locks.fine.registry = \"elsewhere\" is no bean of type LockRegistry."));
	}

	@Test
	void propertiesThatCannotBeAreRefused() {
		runner().withBean(Fine.class)
			.withPropertyValues("coordination.lock.max-keys=0")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessage("'coordination.lock.max-keys' must be at least 1: 0"));
		for (String time : List.of("lease-time", "min-hold-time", "max-hold-time", "wait-time")) {
			runner().withBean(Fine.class)
				.withPropertyValues("coordination.lock.locks.fine." + time + "=-1s")
				.run((context) -> assertThat(context).getFailure()
					.rootCause()
					.message()
					.as(time)
					.containsAnyOf("must be positive", "is negative"));
		}
	}

	@Test
	void holdTimesThatEndOneAnotherAreLogged(CapturedOutput output) {
		runner().withBean(HoldTimes.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(output).contains(
					"HoldTimes.endsSooner(): maxHoldTime (5s) is shorter than minHoldTime (10s), and a lock that is "
							+ "lost is not kept. Make minHoldTime the shorter one.")
				.contains("HoldTimes.leaseIsShorter(): minHoldTime (1m30s) is longer than leaseTime (1s), which is not "
						+ "renewed: a lock that is lost with its lease is not kept. Make leaseTime the longer one.")
				.doesNotContain("HoldTimes.fine()");
		});
	}

	@Test
	void whatAnAnnotatedClassInheritsIsLogged(CapturedOutput output) {
		runner().withBean(Heir.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(output).contains("@DistributedLock on " + Heir.class.getName()
					+ ": it does not stand for what the class inherits, which runs without the lock: inherited of "
					+ Parent.class.getName() + ". Override it, or annotate it there.");
		});
	}

	@Test
	void oneLockOfTwoRegistriesIsLogged(CapturedOutput output) {
		ApplicationContextRunner runner = runner().withBean("other", LockRegistry.class,
				() -> LockRegistryBuilder.of(new MemoryLockBackendFactory()).build());
		runner
			.withBean("main", LockRegistry.class, () -> LockRegistryBuilder.of(new MemoryLockBackendFactory()).build(),
					(definition) -> definition.setPrimary(true))
			.withBean(Divided.class)
			.withBean(Named.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(output).contains("the lock 'divided' is taken from registry 'other' here")
					.doesNotContain("the lock ''")
					.doesNotContain("the lock 'same'");
			});
	}

	static class Fine {

		@DistributedLock(name = "fine", key = "#id")
		public long work(long id) {
			return id;
		}

		@SingleRun("job")
		@Scheduled(fixedDelay = 1000)
		public void job() {
		}

	}

	static class Parent {

		public void inherited() {
		}

		public void overridden() {
		}

		@DistributedLock("annotated")
		public void annotated() {
		}

	}

	@DistributedLock("heir")
	static class Heir extends Parent {

		@Override
		public void overridden() {
		}

	}

	static class Typo {

		@DistributedLock(name = "typo", key = "#idd")
		public void work(long id) {
		}

	}

	static class Punctuated {

		@DistributedLock(name = "shop/order", key = "#id")
		public void work(long id) {
		}

	}

	static class Unnamed {

		@DistributedLock(key = "a#{#id}")
		public void one(long id) {
		}

		@DistributedLock(key = "b#{#id}", registry = "other")
		public void two(long id) {
		}

	}

	static class Divided {

		@DistributedLock("divided")
		public void one() {
		}

		@DistributedLock(name = "divided", registry = "other")
		public void two() {
		}

	}

	static class Named {

		@DistributedLock("same")
		public void one() {
		}

		@DistributedLock(name = "same", registry = "main")
		public void two() {
		}

	}

	static class Suspicious {

		@DistributedLock("called")
		public void called() {
		}

		public void caller() {
			called();
		}

		public void write(@FencingToken long token) {
		}

		@Scheduled(fixedDelay = 1000)
		@DistributedLock("job")
		public void job() {
		}

	}

	static class HoldTimes {

		@DistributedLock(maxHoldTime = "5s", minHoldTime = "10s")
		void endsSooner() {
			// Is not called
		}

		@DistributedLock(leaseTime = "1s", renewal = Renewal.DISABLED, minHoldTime = "90s")
		void leaseIsShorter() {
			// Is not called
		}

		@DistributedLock(leaseTime = "1s", minHoldTime = "10s", maxHoldTime = "10s")
		void fine() {
			// Is not called
		}

	}

}
