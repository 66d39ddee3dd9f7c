package io.coordination.lock;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * An answer of the store that somebody else has the lock.
 *
 * @param sent when the request was sent
 * @param receivedAt when the answer came
 * @param revision the revision of the present grant, zero if the store cannot tell
 * @param remaining how long its lease still ran, or {@code null} if the store cannot tell
 * @param holder who holds it, or {@code null} if the store cannot tell
 */
record BusyAnswer(Clocks sent, long receivedAt, long revision, @Nullable Duration remaining, @Nullable String holder) {

	String describe(long now) {
		if (this.remaining == null) {
			return (this.holder != null) ? "held by " + this.holder : "held by others";
		}
		String left = Durations.text(Durations.nanos(this.remaining) - (now - this.receivedAt));
		return (this.holder != null) ? "held by " + this.holder + ", lease ends in " + left
				: "taken for another " + left + ", for its minimum hold time or by a holder that is not known";
	}

	/**
	 * How long the lease still runs, or {@code null} if the store could not tell.
	 */
	@Nullable Duration remaining(long now) {
		return (this.remaining != null) ? this.remaining.minusNanos(now - this.receivedAt) : null;
	}

}
