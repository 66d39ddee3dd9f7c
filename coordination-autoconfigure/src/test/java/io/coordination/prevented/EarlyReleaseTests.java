package io.coordination.prevented;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import io.coordination.aop.DistributedLock;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A lock that is released when the method has returned, while its work goes on. The naive
 * aspect is the one with a {@code finally}, which nearly all starters have.
 */
class EarlyReleaseTests {

	private static final Aspect NAIVE = Aspect.naming((call, lock) -> lock.name());

	@Test
	void aspectHoldsNothingWhileTheWorkGoesOn() {
		Locked.run(Locked.aspect(NAIVE), Work.class, (locked) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletionStage<String> stage = locked.service().stage(work);
			assertThat(stage.toCompletableFuture()).isNotDone();
			assertThat(locked.isFree("work")).isTrue();
			for (Function<CompletableFuture<String>, Flux<String>> method : publishers(locked.service())) {
				Disposable subscription = method.apply(work).subscribe();
				assertThat(subscription.isDisposed()).isFalse();
				assertThat(locked.isFree("work")).isTrue();
			}
		});
	}

	@Test
	void libraryHoldsTheLockUntilTheStageHasCompleted() {
		Locked.run(Locked.library(), Work.class, (locked) -> {
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletionStage<String> stage = locked.service().stage(work);
			assertIsHeld(locked);
			work.complete("done");
			assertThat(stage.toCompletableFuture().join()).isEqualTo("done");
			Awaitility.await().until(() -> locked.isFree("work"));
		});
	}

	@Test
	void libraryHoldsTheLockUntilThePublisherHasEnded() {
		Locked.run(Locked.library(), Work.class, (locked) -> {
			for (Function<CompletableFuture<String>, Flux<String>> method : publishers(locked.service())) {
				CompletableFuture<String> work = new CompletableFuture<>();
				CompletableFuture<String> result = method.apply(work).next().toFuture();
				assertIsHeld(locked);
				work.complete("done");
				assertThat(result.join()).isEqualTo("done");
				Awaitility.await().until(() -> locked.isFree("work"));
				Disposable cancelled = method.apply(new CompletableFuture<>()).subscribe();
				assertIsHeld(locked);
				cancelled.dispose();
				Awaitility.await().until(() -> locked.isFree("work"));
			}
		});
	}

	private static void assertIsHeld(Locked<Work> locked) throws InterruptedException {
		Awaitility.await().until(() -> locked.others().isHeld("work"));
		assertThat(locked.isFree("work")).isFalse();
	}

	private static List<Function<CompletableFuture<String>, Flux<String>>> publishers(Work service) {
		return List.of((work) -> service.mono(work).flux(), service::flux);
	}

	static class Work {

		@DistributedLock("work")
		public CompletionStage<String> stage(CompletableFuture<String> work) {
			return work;
		}

		@DistributedLock("work")
		public Mono<String> mono(CompletableFuture<String> work) {
			return Mono.fromFuture(work, true);
		}

		@DistributedLock("work")
		public Flux<String> flux(CompletableFuture<String> work) {
			return Flux.from(Mono.fromFuture(work, true));
		}

	}

}
