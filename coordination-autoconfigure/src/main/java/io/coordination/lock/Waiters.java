package io.coordination.lock;

import java.util.ArrayDeque;

import org.jspecify.annotations.Nullable;

/**
 * Who waits at one gate, in the order in which they came. Guarded by the lock of its
 * {@link LocalGate}. A waiter may be settled or gone and still be in here; such ones are
 * passed over.
 */
final class Waiters {

	private final ArrayDeque<Waiter> waiters = new ArrayDeque<>(2);

	void add(Waiter waiter) {
		this.waiters.addLast(waiter);
	}

	void remove(Waiter waiter) {
		this.waiters.remove(waiter);
	}

	/**
	 * The first that still waits, or {@code null} if nobody does.
	 */
	@Nullable Waiter first() {
		Waiter first;
		while ((first = this.waiters.peekFirst()) != null && !first.isPending()) {
			this.waiters.removeFirst();
		}
		return first;
	}

	/**
	 * The first that still waits, taken out, or {@code null} if nobody does.
	 */
	@Nullable Waiter takeFirst() {
		Waiter first = first();
		if (first != null) {
			this.waiters.removeFirst();
		}
		return first;
	}

	/**
	 * How many wait besides this one.
	 */
	long others(Waiter waiter) {
		return this.waiters.stream().filter((other) -> other != waiter && other.isPending()).count();
	}

	int size() {
		return this.waiters.size();
	}

	boolean isEmpty() {
		return this.waiters.isEmpty();
	}

}
