package io.coordination.aop;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.task.SimpleAsyncTaskExecutor;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * How calls that return a stage end: by their work alone, whatever kind of stage it is
 * and whatever becomes of the result.
 */
class StageEndTests extends LockedFixture<StageEndTests.Service> {

	StageEndTests() {
		super(Service.class);
	}

	@Test
	void aStageThatIsNoFutureKeepsTheLockUntilItHasCompleted() {
		run((service) -> {
			NoFuture work = new NoFuture();
			CompletableFuture<String> result = service.stage(work).toCompletableFuture();
			remainsHeld();
			assertThat(result).isNotDone();
			assertThat(result.cancel(true)).isTrue();
			remainsHeld();
			work.complete("done");
			Awaitility.await().until(() -> held().isEmpty());
			assertThat(service.stage(CompletableFuture.completedStage("next")).toCompletableFuture().join())
				.isEqualTo("next");
		});
	}

	@Test
	void cancellingWhatIsOnlyACopyOfTheStageKeepsTheLockUntilThatHasCompleted() {
		run((service) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<String> result = service.stage(work.minimalCompletionStage()).toCompletableFuture();
			remainsHeld();
			assertThat(result.cancel(true)).isTrue();
			remainsHeld();
			work.complete("done");
			Awaitility.await().until(() -> held().isEmpty());
		});
	}

	@Test
	void aLossDoesNotEndWhatCannotBeCancelled() {
		run((service) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<String> result = service.brief(work.minimalCompletionStage()).toCompletableFuture();
			Awaitility.await().during(Duration.ofMillis(200)).until(() -> !result.isDone());
			work.complete("done");
			assertThatThrownBy(() -> result.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(LockLostException.class);
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void aLossCancelsTheWorkAtOnceOrIsToldAtItsEnd() {
		run((service) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			assertThatThrownBy(() -> service.brief(work).toCompletableFuture().get(10, TimeUnit.SECONDS))
				.hasCauseInstanceOf(LockLostException.class);
			assertThat(work).isCancelled();
			assertThat(service.briefAllTheSame(late()).get(10, TimeUnit.SECONDS)).isEqualTo("done");
			IllegalStateException failure = new IllegalStateException("of the method");
			assertThatThrownBy(() -> service.briefly(late().thenApply((done) -> {
				throw failure;
			})).get(10, TimeUnit.SECONDS)).hasCause(failure);
			assertThat(failure.getSuppressed()).hasExactlyElementsOfTypes(LockLostException.class);
			assertThat(held()).isEmpty();
		});
	}

	private static CompletableFuture<String> late() {
		return new CompletableFuture<String>().completeOnTimeout("done", 200, TimeUnit.MILLISECONDS);
	}

	@Test
	void whatIsCancelledBeforeItIsEnteredIsNotEntered() {
		BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
		run(runner().withBean("applicationTaskExecutor", Executor.class, () -> tasks::add), (service) -> {
			CompletableFuture<String> result;
			try (LockHandle other = registry().acquire("work")) {
				result = service.work("a");
				assertThat(other.fencingToken()).isPositive();
			}
			Runnable task = tasks.poll(10, TimeUnit.SECONDS);
			assertThat(task).isNotNull();
			assertThat(held()).containsExactly("work");
			assertThat(result.cancel(true)).isTrue();
			Awaitility.await().until(() -> held().isEmpty());
			task.run();
			assertThat(service.entered()).isEmpty();
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void whatIsCancelledWhileItIsEnteredIsCancelledThen() {
		run((service) -> {
			CompletableFuture<Void> entered = new CompletableFuture<>();
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<CompletableFuture<String>> begun = new CompletableFuture<>();
			CompletableFuture<String> result;
			try (LockHandle other = registry().acquire("work")) {
				result = service.slow(entered, begun);
				assertThat(other.fencingToken()).isPositive();
			}
			entered.get(10, TimeUnit.SECONDS);
			assertThat(result.cancel(true)).isTrue();
			remainsHeld();
			begun.complete(work);
			Awaitility.await().until(() -> held().isEmpty());
			assertThat(work).isCancelled();
		});
	}

	@Test
	void completingTheResultEndsTheWait() {
		run((service) -> {
			try (LockHandle other = registry().acquire("work")) {
				CompletableFuture<String> late = service.work("late").orTimeout(10, TimeUnit.MILLISECONDS);
				assertThatThrownBy(() -> late.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(TimeoutException.class);
				assertThat(service.work("replaced").complete("by the caller")).isTrue();
				assertThat(other.fencingToken()).isPositive();
			}
			assertThat(service.work("next").get(10, TimeUnit.SECONDS)).isEqualTo("next");
			assertThat(service.entered()).containsExactly("next");
			Awaitility.await().until(() -> held().isEmpty());
		});
	}

	@Test
	void completingTheResultDoesNotEndTheWork() {
		run((service) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			assertThat(service.stage(work).toCompletableFuture().complete("by the caller")).isTrue();
			remainsHeld();
			assertThat(work).isNotDone();
			work.complete("done");
			Awaitility.await().until(() -> held().isEmpty());
		});
	}

	@Test
	void cancellingCancelsWhatTheFallbackReturned() {
		run((service) -> {
			CompletableFuture<String> answer = new CompletableFuture<>();
			try (LockHandle other = registry().acquire("work")) {
				CompletableFuture<String> result = service.answered(answer);
				assertThat(result).isNotDone();
				assertThat(result.cancel(true)).isTrue();
				assertThat(other.fencingToken()).isPositive();
			}
			assertThat(answer).isCancelled();
		});
	}

	@Test
	void methodAndFallbackGoOnOnTheExecutorOfTheApplication() {
		run(runner().withBean("applicationTaskExecutor", Executor.class, () -> new SimpleAsyncTaskExecutor("app-")),
				(service) -> {
					CompletableFuture<String> waiting;
					try (LockHandle other = registry().acquire("work")) {
						waiting = service.thread();
						assertThat(service.impatientThread().get(10, TimeUnit.SECONDS)).startsWith("fallback on app-");
						assertThat(other.fencingToken()).isPositive();
					}
					assertThat(waiting.get(10, TimeUnit.SECONDS)).startsWith("method on app-");
					assertThat(service.thread().join()).as("without a wait")
						.isEqualTo("method on " + Thread.currentThread().getName());
				});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void anExecutorThatRefusesLeavesNothingHeld(boolean full) {
		ApplicationContextRunner runner = full ? runner().withBean("applicationTaskExecutor", Executor.class, Full::new)
				: runner().withBean("applicationTaskExecutor", String.class, () -> "no executor");
		run(runner, (service) -> {
			CompletableFuture<String> result;
			try (LockHandle other = registry().acquire("work")) {
				result = service.work("a");
				assertThat(other.fencingToken()).isPositive();
			}
			assertThatThrownBy(() -> result.get(10, TimeUnit.SECONDS))
				.hasCauseInstanceOf(full ? RejectedExecutionException.class : BeanNotOfRequiredTypeException.class);
			assertThat(held()).isEmpty();
			assertThat(service.entered()).isEmpty();
		});
	}

	private void remainsHeld() {
		Awaitility.await().during(Duration.ofMillis(50)).until(() -> !held().isEmpty());
	}

	/** A stage that gives no future of itself. */
	static class NoFuture extends CompletableFuture<String> {

		@Override
		public CompletableFuture<String> toCompletableFuture() {
			throw new UnsupportedOperationException();
		}

	}

	/** An executor that takes no more. */
	static class Full implements Executor {

		@Override
		public void execute(Runnable task) {
			throw new RejectedExecutionException("full");
		}

	}

	@SuppressWarnings("unused") // Fallback methods are called by name
	static class Service {

		private final Queue<String> entered = new ConcurrentLinkedQueue<>();

		public Queue<String> entered() {
			return this.entered;
		}

		@DistributedLock("work")
		public CompletionStage<String> stage(CompletionStage<String> work) {
			return work;
		}

		@DistributedLock("work")
		public CompletableFuture<String> work(String result) {
			this.entered.add(result);
			return CompletableFuture.completedFuture(result);
		}

		@DistributedLock(name = "brief", maxHoldTime = "50ms", onLost = OnLost.INTERRUPT)
		public CompletionStage<String> brief(CompletionStage<String> work) {
			return work;
		}

		@DistributedLock(name = "brief", maxHoldTime = "50ms")
		public CompletableFuture<String> briefly(CompletableFuture<String> work) {
			return work;
		}

		@DistributedLock(name = "brief", maxHoldTime = "50ms", onLost = OnLost.IGNORE)
		public CompletableFuture<String> briefAllTheSame(CompletableFuture<String> work) {
			return work;
		}

		@DistributedLock("work")
		public CompletableFuture<String> slow(CompletableFuture<Void> entered,
				CompletableFuture<CompletableFuture<String>> begun) {
			entered.complete(null);
			return begun.join();
		}

		@DistributedLock(name = "work", waitTime = "0", fallbackMethod = "answer")
		public CompletableFuture<String> answered(CompletableFuture<String> answer) {
			return CompletableFuture.completedFuture("done");
		}

		private CompletableFuture<String> answer(CompletableFuture<String> answer) {
			return answer;
		}

		@DistributedLock("work")
		public CompletableFuture<String> thread() {
			return CompletableFuture.completedFuture("method on " + Thread.currentThread().getName());
		}

		@DistributedLock(name = "work", waitTime = "50ms", fallbackMethod = "fallbackThread")
		public CompletableFuture<String> impatientThread() {
			return CompletableFuture.completedFuture("entered");
		}

		private CompletableFuture<String> fallbackThread() {
			return CompletableFuture.completedFuture("fallback on " + Thread.currentThread().getName());
		}

	}

}
