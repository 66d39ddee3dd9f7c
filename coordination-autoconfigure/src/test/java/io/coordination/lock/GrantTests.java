package io.coordination.lock;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockLost.Cause;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The validity of a grant by itself, without the hold that is made from it.
 */
class GrantTests extends EngineFixture {

	@Test
	void aGrantThatWasLostIsNotConfirmedAnyMore() {
		Grant grant = grant();
		assertThat(grant.lose(Cause.TAKEN)).isTrue();
		assertThat(grant.confirm(this.time.nanoTime(), LEASE.toNanos(), this.time.nanoTime())).isFalse();
		assertThat(grant.peek().lost()).isEqualTo(Cause.TAKEN);
		assertThat(grant.lose(Cause.NOT_RENEWED)).isFalse();
	}

	@Test
	void aConfirmationThatIsReadAfterTheDeadlineComesTooLate() {
		Grant grant = grant();
		long sentAt = this.time.nanoTime();
		long late = sentAt + LEASE.toNanos();
		assertThat(grant.confirm(sentAt + Duration.ofSeconds(1).toNanos(), LEASE.toNanos(), late)).isFalse();
		assertThat(grant.peek().lost()).isEqualTo(Cause.NOT_RENEWED);
	}

	@Test
	void whatIsLostIsNotKept() {
		Grant grant = grant();
		grant.keepUntil(this.time.nanoTime() + Duration.ofSeconds(1).toNanos() + 1);
		assertThat(grant.keptFor(this.time.nanoTime())).isEqualTo(Duration.ofMillis(1001));
		grant.lose(Cause.TAKEN);
		assertThat(grant.keptFor(this.time.nanoTime())).isZero();
	}

	private Grant grant() {
		return ((SingleHandle) hold(this.locks)).share().hold().grant;
	}

}
