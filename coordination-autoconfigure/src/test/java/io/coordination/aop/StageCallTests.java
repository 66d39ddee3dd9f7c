package io.coordination.aop;

import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockNotAcquiredException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Methods that return a stage. A lock that is released when the method returns, as a
 * plain interceptor does it, fails nearly all of these.
 */
class StageCallTests extends LockedFixture<StageCallTests.Service> {

	StageCallTests() {
		super(Service.class);
	}

	@Test
	void holdsTheLockUntilTheStageHasCompleted() {
		run((service) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<String> result = service.work("a", work);
			entered(service, "a");
			assertThat(held()).containsExactly("work:a");
			assertThat(result).isNotDone();
			work.complete("done");
			assertThat(result.get(10, TimeUnit.SECONDS)).isEqualTo("done");
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void releasesWhenTheStageFails() {
		run((service) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<String> result = service.work("a", work);
			entered(service, "a");
			IllegalStateException failure = new IllegalStateException("of the method");
			work.completeExceptionally(failure);
			assertThatThrownBy(() -> result.get(10, TimeUnit.SECONDS)).hasCause(failure);
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void releasesWhenTheMethodThrows() {
		run((service) -> {
			assertThatThrownBy(() -> service.work("a", null).get(10, TimeUnit.SECONDS))
				.hasRootCauseInstanceOf(NullPointerException.class);
			assertThatThrownBy(() -> service.nothing().toCompletableFuture().get(10, TimeUnit.SECONDS))
				.hasRootCauseMessage(
						"io.coordination.aop.StageCallTests$Service.nothing() returned no stage, but null");
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void waitsWithoutBlockingItsCaller() {
		run((service) -> {
			CompletableFuture<String> result;
			try (LockHandle other = registry().acquire("work:a")) {
				result = service.work("a", CompletableFuture.completedFuture("done"));
				assertThat(result).isNotDone();
				assertThat(service.entered()).isEmpty();
				assertThat(other.fencingToken()).isPositive();
			}
			assertThat(result.get(10, TimeUnit.SECONDS)).isEqualTo("done");
		});
	}

	@Test
	void cancellingEndsTheWait() {
		run((service) -> {
			CompletableFuture<String> result;
			try (LockHandle other = registry().acquire("work:a")) {
				result = service.work("a", new CompletableFuture<>());
				assertThat(result.cancel(true)).isTrue();
				assertThat(other.fencingToken()).isPositive();
			}
			assertThat(service.entered()).isEmpty();
			Awaitility.await().until(() -> held().isEmpty());
			assertThat(service.work("a", CompletableFuture.completedFuture("next")).get(10, TimeUnit.SECONDS))
				.isEqualTo("next");
			assertThat(service.entered()).containsExactly("a");
		});
	}

	@Test
	void cancellingCancelsTheWorkAndReleasesWhenThatHasEnded() {
		run((service) -> {
			Stubborn work = new Stubborn();
			CompletableFuture<String> result = service.work("a", work);
			entered(service, "a");
			assertThat(result.cancel(true)).isTrue();
			assertThat(work.asked).isTrue();
			assertThat(held()).containsExactly("work:a");
			work.complete("at last");
			Awaitility.await().until(() -> held().isEmpty());
			assertThatExceptionOfType(CancellationException.class).isThrownBy(result::join);
		});
	}

	@Test
	void isBusyWithoutRunning() {
		run((service) -> {
			try (LockHandle other = registry().acquire("once:a")) {
				assertThatThrownBy(() -> service.once("a").get(10, TimeUnit.SECONDS))
					.hasCauseInstanceOf(LockNotAcquiredException.class);
				assertThat(service.skipped("a").toCompletableFuture().get(10, TimeUnit.SECONDS)).isNull();
				assertThat(service.fallen("a").get(10, TimeUnit.SECONDS)).isEqualTo("fallback for a");
				assertThat(other.fencingToken()).isPositive();
			}
			assertThat(service.entered()).isEmpty();
		});
	}

	@Test
	void aBadKeyFailsTheStage() {
		run((service) -> assertThatThrownBy(() -> service.once(null).get(10, TimeUnit.SECONDS))
			.hasCauseInstanceOf(LockKeyException.class));
	}

	@Test
	void entersAgainWhatAMethodAroundHolds() {
		run((service) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<CompletableFuture<String>> inner = new CompletableFuture<>();
			service.around("a", () -> inner.complete(service.work("a", work)));
			CompletableFuture<String> result = inner.get(10, TimeUnit.SECONDS);
			entered(service, "a");
			assertThat(held()).containsExactly("work:a");
			work.complete("done");
			assertThat(result.get(10, TimeUnit.SECONDS)).isEqualTo("done");
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void entersAgainWhatAStageAroundHolds() {
		run((service) -> {
			CompletableFuture<String> inner = new CompletableFuture<>();
			Queue<CompletableFuture<String>> results = new ConcurrentLinkedQueue<>();
			CompletableFuture<String> outer = service.outer("a", () -> {
				results.add(service.work("a", inner));
				assertThat(service.impatient("a")).isEqualTo("a");
			});
			assertThat(outer.get(10, TimeUnit.SECONDS)).isEqualTo("outer");
			assertThat(held()).as("the inner one still works").containsExactly("work:a");
			inner.complete("done");
			assertThat(results.remove().get(10, TimeUnit.SECONDS)).isEqualTo("done");
			assertThat(held()).isEmpty();
		});
	}

	@Test
	void laterWorkOfTheThreadDoesNotEnterAgain() {
		run((service) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<String> result = service.work("a", work);
			entered(service, "a");
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> service.impatient("a"));
			work.complete("done");
			assertThat(result.get(10, TimeUnit.SECONDS)).isEqualTo("done");
		});
	}

	@Test
	void knowsItsLocksWhileItMakesTheStage() {
		run((service) -> {
			assertThat(service.context("a").get(10, TimeUnit.SECONDS)).startsWith("work:a ");
			assertThat(LockContext.find()).isEmpty();
		});
	}

	private static void entered(Service service, String key) {
		Awaitility.await().until(() -> service.entered().contains(key));
	}

	/** Work that goes on when it is cancelled. */
	static class Stubborn extends CompletableFuture<String> {

		private volatile boolean asked;

		@Override
		public boolean cancel(boolean mayInterrupt) {
			this.asked = true;
			return false;
		}

	}

	@SuppressWarnings("unused") // Fallback methods are called by name
	static class Service {

		private final Queue<String> entered = new ConcurrentLinkedQueue<>();

		public Queue<String> entered() {
			return this.entered;
		}

		@DistributedLock(name = "work", key = "#key")
		public CompletableFuture<String> work(String key, @Nullable CompletableFuture<String> work) {
			this.entered.add(key);
			return Objects.requireNonNull(work);
		}

		@DistributedLock(name = "work", key = "#key")
		public void around(String key, Runnable inner) {
			inner.run();
		}

		@DistributedLock(name = "work", key = "#key")
		public CompletableFuture<String> outer(String key, Runnable inner) {
			inner.run();
			return CompletableFuture.completedFuture("outer");
		}

		@DistributedLock(name = "work", key = "#key", waitTime = "0")
		public String impatient(String key) {
			return key;
		}

		@DistributedLock(name = "work", key = "#key")
		public CompletableFuture<String> context(String key) {
			return CompletableFuture.completedFuture(
					String.join(",", LockContext.current().names()) + " " + LockContext.current().fencingToken());
		}

		@DistributedLock("nothing")
		public @Nullable CompletionStage<String> nothing() {
			return null;
		}

		@DistributedLock(name = "once", key = "#key", waitTime = "0")
		public CompletableFuture<String> once(@Nullable String key) {
			this.entered.add(String.valueOf(key));
			return CompletableFuture.completedFuture(key);
		}

		@DistributedLock(name = "once", key = "#key", waitTime = "0", onBusy = OnBusy.SKIP)
		public CompletionStage<String> skipped(String key) {
			this.entered.add(key);
			return CompletableFuture.completedFuture(key);
		}

		@DistributedLock(name = "once", key = "#key", waitTime = "0", fallbackMethod = "fallback")
		public CompletableFuture<String> fallen(String key) {
			this.entered.add(key);
			return CompletableFuture.completedFuture(key);
		}

		private CompletableFuture<String> fallback(String key) {
			return CompletableFuture.completedFuture("fallback for " + key);
		}

	}

}
