package io.coordination.lock;

import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clock of the JVM, and one thread of the engine's own for everything that is due:
 * the application's schedulers are never used, as they may be busy or already stopped
 * when a lease has to be renewed.
 */
final class SystemTime implements EngineTime {

	private static final Logger logger = LoggerFactory.getLogger(SystemTime.class);

	private final ScheduledThreadPoolExecutor executor;

	SystemTime() {
		this.executor = new ScheduledThreadPoolExecutor(1, new EngineThreads("coordination-watchdog"));
		this.executor.setRemoveOnCancelPolicy(true);
		this.executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
	}

	@Override
	public long nanoTime() {
		return System.nanoTime();
	}

	@Override
	public long wallMillis() {
		return System.currentTimeMillis();
	}

	@Override
	public Timer schedule(Runnable task, long delayNanos) {
		try {
			Future<?> future = this.executor.schedule(() -> run(task), Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
			return () -> future.cancel(false);
		}
		catch (RejectedExecutionException ex) {
			return () -> {
			};
		}
	}

	@Override
	public void stop() {
		this.executor.shutdownNow();
	}

	private static void run(Runnable task) {
		try {
			task.run();
		}
		catch (RuntimeException ex) {
			logger.error("A task of the lock engine failed", ex);
		}
	}

}
