package io.coordination.lock;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

/**
 * What cannot be meant is refused at once, with a message that says what to do.
 */
class BadInputTests extends EngineFixture {

	@Test
	void aNameIsNeeded() {
		assertRefused(null, "The name of a lock must not be null");
		assertRefused("", "The name of a lock must not be empty or blank: ''");
		assertRefused(" ", "The name of a lock must not be empty or blank: ' '");
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(LockSpec::ofAll)
			.withMessage("At least one lock name is needed");
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> LockSpec.ofAll(Arrays.asList("a", null)))
			.withMessage("The name of a lock must not be null");
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> this.locks.asLock(" "))
			.withMessage("The name of a lock must not be empty or blank: ' '");
	}

	@Test
	void aNameOfTenMegabytesIsNotRepeatedInTheMessage() {
		assertRefused("x".repeat(10_000_000), "The name of a lock must have at most 512 characters, but has 10000000: '"
				+ "x".repeat(40) + "…'. Use a digest of what makes it so long");
	}

	@Test
	void controlCharactersAreRefusedAndNotPrinted() {
		assertRefused("a\0b", "The name of a lock must have no control characters, but has U+0000 at 1: 'a\ufffdb'");
		assertRefused("order:1\nWARN forged",
				"The name of a lock must have no control characters, but has U+000A at 7: 'order:1\ufffdWARN forged'");
	}

	@Test
	void halfACharacterIsRefused() {
		assertRefused("a\ud83d",
				"The name of a lock must be valid Unicode, but has half a surrogate pair at 1: 'a\ufffd'");
		assertRefused("\ude00a",
				"The name of a lock must be valid Unicode, but has half a surrogate pair at 0: '\ufffda'");
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "{}", "{a}b", "}{", "übung:日本:😀", "a b", "../x", "*", "a:fence", "%7B", "'; drop table--" })
	void everythingReadableIsAName(String name) throws InterruptedException {
		this.locks.execute(LockSpec.of(name), (lock) -> {
			assertThat(lock.name()).isEqualTo(name);
			return null;
		});
	}

	@Test
	void aWaitTimeIsNotNegative() {
		String message = "'waitTime' must not be negative: PT-1S (zero asks once; use withUnboundedWait() to wait for ever)";
		assertThatIllegalArgumentException().isThrownBy(() -> SPEC.withWaitTime(Duration.ofSeconds(-1)))
			.withMessage(message);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> LockRegistryBuilder.of(this.backend).waitTime(Duration.ofSeconds(-1)))
			.withMessageContaining("'waitTime' must not be negative: PT-1S");
	}

	@Test
	void aLeaseIsPositiveAndNotLongerThanADay() {
		for (Duration lease : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofHours(25))) {
			assertThatIllegalArgumentException().isThrownBy(() -> SPEC.withLeaseTime(lease))
				.withMessage("'leaseTime' must be positive and at most PT24H: " + lease);
		}
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.locks.acquire(SPEC.withLeaseTime(Duration.ofMillis(1))))
			.withMessage("'leaseTime' must be at least 50ms with memory, but is 1ms");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> builder(this.backend).leaseTime(Duration.ofMillis(1)).build())
			.withMessage("'leaseTime' must be at least 50ms with memory, but is 1ms");
		assertThatIllegalArgumentException().isThrownBy(() -> SPEC.withMaxHoldTime(Duration.ZERO))
			.withMessage("'maxHoldTime' must be positive: PT0S");
	}

	@Test
	void aMinimumHoldTimeIsPositiveAndNotLongerThanADay() {
		for (Duration time : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofHours(25))) {
			assertThatIllegalArgumentException().isThrownBy(() -> SPEC.withMinHoldTime(time))
				.withMessage("'minHoldTime' must be positive and at most PT24H: " + time);
		}
		assertThat(SPEC.withMinHoldTime(LockSpec.MAX_LEASE).withRenewal(true).withoutWaiting().minHoldTime())
			.isEqualTo(LockSpec.MAX_LEASE);
	}

	@Test
	void theLongestDurationsAreNoOverflow() throws InterruptedException {
		LockSpec spec = SPEC.withWaitTime(Duration.ofSeconds(Long.MAX_VALUE))
			.withMaxHoldTime(Duration.ofSeconds(Long.MAX_VALUE))
			.withLeaseTime(LockSpec.MAX_LEASE);
		try (LockHandle handle = this.locks.acquire(spec)) {
			this.time.advance(Duration.ofDays(2));
			assertThat(handle.state()).isEqualTo(LockState.HELD);
		}
	}

	@Test
	void nullIsNamed() {
		assertThatNullPointerException().isThrownBy(() -> SPEC.withWaitTime(none()))
			.withMessage("'waitTime' must not be null");
		assertThatNullPointerException().isThrownBy(() -> SPEC.withLeaseTime(none()))
			.withMessage("'leaseTime' must not be null");
		assertThatNullPointerException().isThrownBy(() -> SPEC.withMinHoldTime(none()))
			.withMessage("'minHoldTime' must not be null");
		assertThatNullPointerException().isThrownBy(() -> this.locks.enter(none()))
			.withMessage("'spec' must not be null");
		assertThatNullPointerException().isThrownBy(() -> this.locks.enterAsync(none()))
			.withMessage("'spec' must not be null");
		assertThatNullPointerException().isThrownBy(() -> this.locks.acquire(BadInputTests.<LockSpec>none()))
			.withMessage("'spec' must not be null");
		assertThatNullPointerException().isThrownBy(() -> this.locks.acquireAsync(none()))
			.withMessage("'spec' must not be null");
		assertThatNullPointerException().isThrownBy(() -> this.locks.execute(none(), (lock) -> null))
			.withMessage("'spec' must not be null");
		assertThatNullPointerException().isThrownBy(() -> this.locks.execute(SPEC, none()))
			.withMessage("'action' must not be null");
		assertThat(isFree()).as("nothing was acquired for it").isTrue();
		LockHandle handle = hold(this.locks);
		assertThatNullPointerException().isThrownBy(() -> handle.onLost(none()))
			.withMessage("'callback' must not be null");
		handle.close();
	}

	@Test
	void aNamespaceIsReadable() {
		assertThatExceptionOfType(LockKeyException.class)
			.isThrownBy(() -> LockRegistryBuilder.of(this.backend).namespace("a\nb"))
			.withMessageContaining("namespace");
		assertThatExceptionOfType(LockKeyException.class)
			.isThrownBy(() -> LockRegistryBuilder.of(this.backend).namespace(""))
			.withMessageContaining("namespace");
	}

	private static void assertRefused(@Nullable String name, String message) {
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> LockSpec.of(orNull(name)))
			.withMessage(message);
	}

	@SuppressWarnings("TypeParameterUnusedInFormals")
	private static <T> T none() {
		return orNull(null);
	}

	@SuppressWarnings("NullAway") // what users may do
									// all the same
	private static <T> T orNull(@Nullable T value) {
		return value;
	}

	@Test
	void aLeaseThatIsTooShortFailsTheStage() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> now(this.locks.acquireAsync(SPEC.withLeaseTime(Duration.ofMillis(1)))))
			.withMessageStartingWith("'leaseTime' must be at least 50ms");
	}

}
