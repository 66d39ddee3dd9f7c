package io.coordination.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Threads that set off at the same moment, again and again. Used by one thread.
 */
final class Together implements AutoCloseable {

	private static final int PATIENCE_SECONDS = 120;

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "contract-racer");
		thread.setDaemon(true);
		return thread;
	});

	<T> List<T> run(Callable<T> first, Callable<T> second) {
		return run(List.of(first, second));
	}

	<T> List<T> run(Callable<T> first, Callable<T> second, Callable<T> third) {
		return run(List.of(first, second, third));
	}

	/**
	 * Runs all at once and waits for them.
	 * @return what they returned, in their order
	 */
	<T> List<T> run(List<Callable<T>> racers) {
		CyclicBarrier start = new CyclicBarrier(racers.size());
		List<Future<T>> running = new ArrayList<>();
		for (Callable<T> racer : racers) {
			running.add(this.threads.submit(() -> {
				start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
				return racer.call();
			}));
		}
		List<T> results = new ArrayList<>();
		for (Future<T> racer : running) {
			results.add(result(racer));
		}
		return results;
	}

	private static <T> T result(Future<T> racer) {
		try {
			return racer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
		}
		catch (ExecutionException ex) {
			throw new AssertionError(ex.getCause().getMessage(), ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new AssertionError("Not done within " + PATIENCE_SECONDS + " s", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AssertionError("Interrupted", ex);
		}
	}

	@Override
	public void close() {
		this.threads.shutdownNow();
	}

}
