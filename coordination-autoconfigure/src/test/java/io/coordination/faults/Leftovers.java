package io.coordination.faults;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What is left in this JVM after work is done.
 */
final class Leftovers {

	private Leftovers() {
	}

	/**
	 * The names of the living threads of the product, after they had a moment to end.
	 */
	static List<String> threads() {
		long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
		List<String> threads = productThreads();
		while (!threads.isEmpty() && System.nanoTime() < deadline) {
			LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
			threads = productThreads();
		}
		return threads;
	}

	private static List<String> productThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.startsWith("coordination-"))
			.sorted()
			.toList();
	}

	/**
	 * The bytes that are still reachable, nearly: several collections, and the least of
	 * what was used after each.
	 */
	static long heap() {
		long least = Long.MAX_VALUE;
		for (int i = 0; i < 6; i++) {
			System.gc();
			// cleaners and reference handlers work after a collection
			LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
			least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
		}
		return least;
	}

}
