package io.coordination.faults;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * A {@link Fault} that waits in a {@link FaultProxy} for its requests. Safe for use by
 * many threads.
 */
final class Injection {

	private final Fault fault;

	private final Predicate<Request> which;

	private final AtomicLong spared;

	private final AtomicLong left;

	private final AtomicInteger hits = new AtomicInteger();

	Injection(Fault fault, Predicate<Request> which, int spared, int times) {
		this.fault = fault;
		this.which = which;
		this.spared = new AtomicLong(spared);
		this.left = new AtomicLong(times);
	}

	Fault fault() {
		return this.fault;
	}

	/**
	 * How many requests were spoiled so far.
	 */
	int hits() {
		return this.hits.get();
	}

	boolean takes(Request request) {
		if (!this.which.test(request) || this.spared.getAndDecrement() > 0 || this.left.getAndDecrement() <= 0) {
			return false;
		}
		this.hits.incrementAndGet();
		return true;
	}

}
