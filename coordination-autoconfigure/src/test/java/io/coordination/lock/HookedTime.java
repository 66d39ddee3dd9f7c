package io.coordination.lock;

import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

/**
 * A time in which something happens at the moment when some method reads the clock.
 */
final class HookedTime implements EngineTime {

	private final AtomicReference<@Nullable Hook> hook = new AtomicReference<>();

	private final EngineTime time;

	HookedTime(EngineTime time) {
		this.time = time;
	}

	/**
	 * Does something, once, when a method is about to learn what time it is.
	 */
	void when(Class<?> type, String method, Runnable action) {
		this.hook.set(new Hook(type.getName(), method, action));
	}

	@Override
	public long nanoTime() {
		Hook set = this.hook.get();
		if (set != null && set.isHere() && this.hook.compareAndSet(set, null)) {
			set.action.run();
		}
		return this.time.nanoTime();
	}

	@Override
	public long wallMillis() {
		return this.time.wallMillis();
	}

	@Override
	public Timer schedule(Runnable task, long delayNanos) {
		return this.time.schedule(task, delayNanos);
	}

	@Override
	public void stop() {
		this.time.stop();
	}

	private record Hook(String type, String method, Runnable action) {

		private boolean isHere() {
			return StackWalker.getInstance()
				.walk((frames) -> frames.limit(5)
					.anyMatch((frame) -> frame.getClassName().equals(this.type)
							&& frame.getMethodName().equals(this.method)));
		}

	}

}
