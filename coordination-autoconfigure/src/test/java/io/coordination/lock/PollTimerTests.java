package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;

import io.coordination.memory.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A poll timer that goes off before the thread that set it has noted it.
 */
class PollTimerTests {

	@Test
	void aContenderGoesOnPollingWhenItsTimerFiresBeforeItIsNoted() {
		ManualTime time = new ManualTime();
		MemoryStore store = new MemoryStore(time);
		AtomicBoolean preempted = new AtomicBoolean();
		EngineTime racing = new EngineTime() {

			@Override
			public long nanoTime() {
				return time.nanoTime();
			}

			@Override
			public long wallMillis() {
				return time.wallMillis();
			}

			@Override
			public Timer schedule(Runnable task, long delayNanos) {
				Timer timer = time.schedule(task, delayNanos);
				if (preempted.getAndSet(false)) {
					// this thread is not running while the timer's thread is
					time.advance(Duration.ofNanos(delayNanos));
				}
				return timer;
			}

			@Override
			public void stop() {
				time.stop();
			}

		};
		FlakyBackendFactory backend = new FlakyBackendFactory(store);
		FlakyBackendFactory dying = new FlakyBackendFactory(store);
		try (ManagedLockRegistry others = LockRegistryBuilder.of(dying)
			.namespace("test")
			.gracePeriod(Duration.ZERO)
			.time(() -> time)
			.build();
				ManagedLockRegistry locks = LockRegistryBuilder.of(backend)
					.namespace("test")
					.gracePeriod(Duration.ZERO)
					.time(() -> racing)
					.build()) {
			LockHandle other = others.acquireAsync(LockSpec.of("a")).toCompletableFuture().join();
			dying.network = FlakyBackendFactory.Network.DOWN;
			preempted.set(true);
			CompletableFuture<LockHandle> future = locks.acquireAsync(LockSpec.of("a").withUnboundedWait())
				.toCompletableFuture();
			int polls = backend.requests.get();
			time.advance(Duration.ofMinutes(5));
			assertThat(other.state()).isEqualTo(LockState.LOST);
			assertThat(backend.requests.get()).as("polls within five minutes").isGreaterThan(polls);
			assertThat(future).succeedsWithin(Duration.ofSeconds(5));
		}
	}

}
