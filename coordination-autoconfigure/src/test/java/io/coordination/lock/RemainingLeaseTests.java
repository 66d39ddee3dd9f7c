package io.coordination.lock;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What somebody who found the lock busy knows of the holder's lease.
 */
class RemainingLeaseTests extends EngineFixture {

	@Test
	void isKnownOfAHolderElsewhere() {
		hold(this.others);
		this.time.advance(Duration.ofSeconds(4));
		assertBusyFor(Duration.ofSeconds(26));
	}

	@Test
	void isKnownOfAHolderHere() {
		hold(this.locks);
		this.time.advance(Duration.ofSeconds(4));
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(ask(this.locks, SPEC.withWaitTime(Duration.ZERO))))
			.satisfies((ex) -> assertThat(ex.remainingLease()).hasValueSatisfying(
					(left) -> assertThat(left).isBetween(Duration.ofSeconds(25), Duration.ofSeconds(26))));
	}

	@Test
	void mayBeUnknown() {
		assertThat(new LockNotAcquiredException("busy").remainingLease()).isEmpty();
		assertThat(new LockNotAcquiredException("busy", Duration.ofSeconds(1)).remainingLease())
			.hasValue(Duration.ofSeconds(1));
	}

	private void assertBusyFor(Duration remaining) {
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(ask(this.locks, SPEC.withWaitTime(Duration.ZERO))))
			.satisfies((ex) -> assertThat(ex.remainingLease()).hasValue(remaining));
	}

}
