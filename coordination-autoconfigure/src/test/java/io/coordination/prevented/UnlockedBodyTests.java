package io.coordination.prevented;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.OnBusy;
import io.coordination.lock.LockNotAcquiredException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A method that runs without its lock. The naive aspect goes on when the wait is over, as
 * one starter does by default and another did after its last attempt.
 */
class UnlockedBodyTests {

	private static final Aspect NAIVE = (call, lock, registry) -> {
		try {
			registry.acquire(lock.name()).close();
		}
		catch (LockNotAcquiredException ex) {
			// The wait is over
		}
		return call.proceed();
	};

	@Test
	void aspectRunsTheMethod() {
		Locked.run(Locked.aspect(NAIVE), Work.class, (locked) -> {
			locked.others().holdElsewhere("work");
			locked.service().refused();
			assertThat(locked.service().runs()).isOne();
		});
	}

	@Test
	void libraryNeverRunsTheMethod() {
		Locked.run(Locked.library(), Work.class, (locked) -> {
			Work work = locked.service();
			locked.others().holdElsewhere("work");
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(work::refused);
			assertThat(work.skipped()).isNull();
			assertThat(work.answered()).isEqualTo("busy");
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> work.mono().block());
			assertThat(work.future()).failsWithin(Duration.ofSeconds(10));
			assertThat(work.runs()).isZero();
			locked.others().reset();
			work.refused();
			assertThat(work.runs()).isOne();
		});
	}

	@Test
	void libraryDoesNotRunTheMethodOfAnInterruptedThread() {
		Locked.run(Locked.library(), Work.class, (locked) -> {
			locked.others().holdElsewhere("work");
			Thread.currentThread().interrupt();
			assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> locked.service().patient());
			Thread.interrupted();
			assertThat(locked.service().runs()).isZero();
		});
	}

	static class Work {

		private final AtomicInteger runs = new AtomicInteger();

		public int runs() {
			return this.runs.get();
		}

		@DistributedLock("work")
		public void refused() {
			this.runs.incrementAndGet();
		}

		@DistributedLock(name = "work", onBusy = OnBusy.SKIP)
		public @Nullable String skipped() {
			return "run " + this.runs.incrementAndGet();
		}

		@DistributedLock(name = "work", fallbackMethod = "busy")
		public String answered() {
			return "run " + this.runs.incrementAndGet();
		}

		String busy() {
			return "busy";
		}

		@DistributedLock("work")
		public Mono<Integer> mono() {
			return Mono.just(this.runs.incrementAndGet());
		}

		@DistributedLock("work")
		public CompletableFuture<Integer> future() {
			return CompletableFuture.completedFuture(this.runs.incrementAndGet());
		}

		@DistributedLock(name = "work", waitTime = "unbounded")
		public void patient() throws InterruptedException {
			this.runs.incrementAndGet();
		}

	}

}
