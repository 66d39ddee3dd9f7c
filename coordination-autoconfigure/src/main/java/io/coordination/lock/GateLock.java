package io.coordination.lock;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * The lock of a {@link LocalGate}. What must not run under it, such as a request or a
 * wake-up, is put into a list there, and run after it in that order.
 */
final class GateLock {

	private final ReentrantLock lock = new ReentrantLock();

	private final Runnable last;

	/**
	 * Makes a lock.
	 * @param last what to do at the end of each section, under the lock
	 */
	GateLock(Runnable last) {
		this.last = last;
	}

	/**
	 * Does something under the lock, and after it what was added to the list.
	 */
	void change(Consumer<List<Runnable>> section) {
		with((after) -> {
			section.accept(after);
			return true;
		});
	}

	/**
	 * Finds something out under the lock, and then does what was added to the list.
	 */
	<T extends @Nullable Object> T with(Function<List<Runnable>, T> section) {
		List<Runnable> after = new ArrayList<>(3);
		T result;
		this.lock.lock();
		try {
			result = section.apply(after);
			this.last.run();
		}
		finally {
			this.lock.unlock();
		}
		after.forEach(Runnable::run);
		return result;
	}

}
