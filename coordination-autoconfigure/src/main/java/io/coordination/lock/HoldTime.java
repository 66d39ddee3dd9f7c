package io.coordination.lock;

import java.time.Duration;

/**
 * How long a hold lasts, counted from its grant.
 *
 * @param least how long the lock stays taken, also if it is released sooner, in
 * nanoseconds; zero if it is free then
 * @param most after how long it is lost, in nanoseconds, or {@link Durations#UNBOUNDED}
 */
record HoldTime(long least, long most) {

	private static final HoldTime ANY = new HoldTime(0, Durations.UNBOUNDED);

	static HoldTime of(LockSpec spec) {
		Duration least = spec.minHoldTime();
		Duration most = spec.maxHoldTime();
		if (least == null && most == null) {
			return ANY;
		}
		return new HoldTime((least != null) ? least.toNanos() : 0,
				(most != null) ? Durations.nanos(most) : Durations.UNBOUNDED);
	}

}
