package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

import io.coordination.memory.MemoryLockBackendFactory;
import io.coordination.memory.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many virtual threads on few carriers: nothing in the engine may pin a carrier while it
 * waits, or those who would free the lock never run.
 */
@EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "There are no virtual threads before Java 21")
class VirtualThreadTests {

	private static final int THREADS = 500;

	private long counter;

	@Test
	void manyVirtualThreadsTakeTurns() throws Exception {
		List<Future<?>> done = new ArrayList<>();
		try (ManagedLockRegistry locks = LockRegistryBuilder.of(new MemoryLockBackendFactory(new MemoryStore()))
			.waitTime(Duration.ofSeconds(60))
			.build()) {
			Lock view = locks.asLock("counter");
			ExecutorService threads = virtualThreads();
			for (int i = 0; i < THREADS; i++) {
				boolean byView = i % 2 == 0;
				done.add(threads.submit(() -> {
					if (byView) {
						view.lock();
						try {
							count();
						}
						finally {
							view.unlock();
						}
					}
					else {
						locks.execute(LockSpec.of("counter"), (lock) -> {
							count();
							return null;
						});
					}
					return null;
				}));
			}
			for (Future<?> one : done) {
				one.get(60, TimeUnit.SECONDS);
			}
			threads.shutdown();
		}
		assertThat(this.counter).isEqualTo(THREADS);
	}

	private void count() throws InterruptedException {
		long seen = this.counter;
		TimeUnit.MICROSECONDS.sleep(100);
		this.counter = seen + 1;
	}

	private static ExecutorService virtualThreads() throws ReflectiveOperationException {
		return (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
	}

}
