package io.coordination.aop;

import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.LockSpec;

/**
 * How the locks of a method are acquired and held. What is {@code null} is left to the
 * registry.
 *
 * @param waitTime how long to wait
 * @param leaseTime the lease
 * @param renewal whether it is renewed
 * @param maxHoldTime how long the locks may be held
 * @param minHoldTime how long the locks stay taken at least
 * @param interrupts whether the method is interrupted when a lock is lost
 * @param labels what the locks are counted under
 */
record LockTerms(@Nullable Duration waitTime, @Nullable Duration leaseTime, @Nullable Boolean renewal,
		@Nullable Duration maxHoldTime, @Nullable Duration minHoldTime, boolean interrupts, LockLabels labels) {

	LockSpec spec(List<String> names) {
		return spec(names, this.waitTime);
	}

	/**
	 * What to lock.
	 * @param waitTime how long to wait for these, where others were waited for before
	 */
	LockSpec spec(List<String> names, @Nullable Duration waitTime) {
		return new LockSpec(names, waitTime, this.leaseTime, this.renewal, this.maxHoldTime, this.minHoldTime,
				this.interrupts, this.labels.common(), this.labels.of(names));
	}

}
