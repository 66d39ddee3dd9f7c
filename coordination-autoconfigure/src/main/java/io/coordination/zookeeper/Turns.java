package io.coordination.zookeeper;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Lets the requests for one lock begin one after the other, in the order in which they
 * came. What is sent over one session is executed in the order in which it was sent, so a
 * request that knows all it sends may be followed at once; one that sends more after an
 * answer keeps its turn until then. Nothing is remembered of locks that nobody asks for.
 */
final class Turns {

	private final ReentrantLock lock = new ReentrantLock();

	// guarded by lock, like what is in it
	private final Map<String, Turn> turns = new HashMap<>();

	/**
	 * Begins a request when those before it have passed on their turn.
	 * @param path the lock
	 * @param request begins the request, and runs what it is given when the next may
	 * begin
	 */
	void take(String path, Consumer<Runnable> request) {
		Turn turn;
		this.lock.lock();
		try {
			turn = this.turns.computeIfAbsent(path, (key) -> new Turn());
			turn.waiting.add(request);
		}
		finally {
			this.lock.unlock();
		}
		serve(path, turn);
	}

	/**
	 * Serves those who wait, without one of them serving the next: a long queue that
	 * fails at once would need a deep stack.
	 */
	private void serve(String path, Turn turn) {
		boolean serving = false;
		Consumer<Runnable> next;
		while ((next = next(path, turn, serving)) != null) {
			serving = true;
			AtomicBoolean passedOn = new AtomicBoolean();
			next.accept(() -> {
				if (passedOn.compareAndSet(false, true)) {
					passOn(turn);
					serve(path, turn);
				}
			});
		}
	}

	private void passOn(Turn turn) {
		this.lock.lock();
		try {
			turn.taken = false;
		}
		finally {
			this.lock.unlock();
		}
	}

	private @Nullable Consumer<Runnable> next(String path, Turn turn, boolean serving) {
		this.lock.lock();
		try {
			if (turn.served && !serving) {
				return null;
			}
			Consumer<Runnable> next = turn.taken ? null : turn.waiting.poll();
			turn.served = next != null;
			if (next != null) {
				turn.taken = true;
			}
			else if (!turn.taken) {
				this.turns.remove(path, turn);
			}
			return next;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * How many locks there are that somebody has a turn of.
	 */
	int size() {
		this.lock.lock();
		try {
			return this.turns.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	private static final class Turn {

		private final Deque<Consumer<Runnable>> waiting = new ArrayDeque<>(2);

		private boolean taken;

		/** Whether a thread is in the loop that serves. */
		private boolean served;

	}

}
