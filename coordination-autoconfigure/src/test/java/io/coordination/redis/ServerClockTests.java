package io.coordination.redis;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ServerClockTests {

	/** What the server's clock shows when the local one shows zero, in microseconds. */
	private static final long EPOCH = 1_800_000_000_000_000L;

	private final AtomicLong nanos = new AtomicLong(5_000_000_000L);

	private final ServerClock clock = new ServerClock(this.nanos::get);

	@Test
	void knowsNothingBeforeTheFirstAnswer() {
		assertThat(this.clock.at(this.clock.nanoTime())).isEqualTo(-1);
	}

	@Test
	void takesTheWholeRoundTripForTheWayBack() {
		ask(2, 3);
		assertThat(behind()).isEqualTo(3_000);
	}

	@Test
	void isNeverAheadAndNeverFurtherBehindThanTheQuickestAnswer() {
		ask(2, 3);
		ask(1, 10);
		assertThat(behind()).isEqualTo(3_000);
		ask(10, 1);
		assertThat(behind()).isEqualTo(1_000);
		ask(20, 20);
		assertThat(behind()).isEqualTo(1_000);
	}

	@Test
	void answerThatLayUnreadDoesNotSpoilTheEstimate() {
		ask(1, 1);
		ask(1, 60_000);
		assertThat(behind()).isEqualTo(1_000);
	}

	@Test
	void answerThatLayUnreadIsCorrectedByTheNext() {
		ask(1, 60_000);
		assertThat(behind()).isEqualTo(60_000_000);
		ask(1, 1);
		assertThat(behind()).isEqualTo(1_000);
	}

	@Test
	void followsAClockThatWasSetBack() {
		ask(1, 1);
		this.clock.answered(EPOCH - 3_000_000 + this.nanos.get() / 1000, this.nanos.get());
		assertThat(behind()).isEqualTo(3_000_000);
	}

	@Test
	void followsAClockThatWasSetForward() {
		ask(1, 1);
		this.clock.answered(EPOCH + 3_000_000 + this.nanos.get() / 1000, this.nanos.get());
		assertThat(behind()).isEqualTo(-3_000_000);
	}

	@Test
	void timeOfTheServerPassesAsTheLocalOneDoes() {
		ask(1, 1);
		this.nanos.addAndGet(Duration.ofHours(1).toNanos());
		assertThat(behind()).isEqualTo(1_000);
		assertThat(this.clock.at(this.nanos.get()) - this.clock.at(this.nanos.get() - 7_000)).isEqualTo(7);
	}

	@Test
	void localTimeMayBeNegative() {
		this.nanos.set(-Duration.ofDays(1).toNanos());
		ask(2, 3);
		assertThat(behind()).isEqualTo(3_000);
	}

	private void ask(long millisThere, long millisBack) {
		long sent = this.nanos.get();
		long answeredAt = EPOCH + this.nanos.addAndGet(millisThere * 1_000_000) / 1000;
		this.nanos.addAndGet(millisBack * 1_000_000);
		this.clock.answered(answeredAt, sent);
	}

	private long behind() {
		return EPOCH + this.nanos.get() / 1000 - this.clock.at(this.nanos.get());
	}

}
