package io.coordination.lock;

import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

/**
 * A timer that is set anew again and again, also by what it runs.
 * <p>
 * <b>Invariant.</b> Only the setting that was made last can go off, and nobody but a
 * later one or {@link #cancel()} takes it away. A setting is known before its timer
 * starts, so one that goes off at once is not taken for the present one afterwards.
 */
final class Alarm {

	private final AtomicReference<@Nullable Setting> present = new AtomicReference<>();

	/**
	 * Sets it, instead of what it was set to before.
	 */
	void set(Engine engine, Runnable task, long delayNanos) {
		Setting next = new Setting();
		replace(next);
		next.started(engine.schedule(task, delayNanos));
	}

	void cancel() {
		replace(null);
	}

	private void replace(@Nullable Setting next) {
		Setting before = this.present.getAndSet(next);
		if (before != null) {
			before.cancel();
		}
	}

	private static final class Setting {

		private volatile boolean cancelled;

		private volatile EngineTime.@Nullable Timer timer;

		void started(EngineTime.Timer started) {
			this.timer = started;
			if (this.cancelled) {
				started.cancel();
			}
		}

		void cancel() {
			this.cancelled = true;
			EngineTime.Timer started = this.timer;
			if (started != null) {
				started.cancel();
			}
		}

	}

}
