package io.coordination.aop;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.ConnectableFlux;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.ParallelFlux;

import org.springframework.scheduling.annotation.Async;

import io.coordination.aop.LockedMethodsTests.OwnFuture;
import io.coordination.aop.LockedMethodsTests.OwnStage;

/**
 * Annotations to be read.
 */
final class AnnotatedSamples {

	private AnnotatedSamples() {
	}

	static class Samples {

		@DistributedLock
		void plain() {
		}

		@DistributedLock(registry = "other")
		void otherRegistry() {
		}

		@DistributedLock(waitTime = "${wait}", leaseTime = "PT1M")
		void times() {
		}

		@DistributedLock(waitTime = "unbounded")
		void unboundedWait() {
		}

		@DistributedLock(waitTime = "-1s")
		void negativeWait() {
		}

		@DistributedLock(waitTime = "soon")
		void wordWait() {
		}

		@DistributedLock(waitTime = "500")
		void noUnitWait() {
		}

		@DistributedLock(waitTime = "+500")
		void signedWait() {
		}

		@DistributedLock(waitTime = "${no.such}")
		void missingWait() {
		}

		@DistributedLock(waitTime = "${blank}")
		void blankWait() {
		}

		@DistributedLock(leaseTime = "0")
		void zeroLease() {
		}

		@DistributedLock(leaseTime = "-PT2S")
		void negativeLease() {
		}

		@DistributedLock(leaseTime = "unbounded")
		void unboundedLease() {
		}

		@DistributedLock(leaseTime = "25h")
		void longLease() {
		}

		@DistributedLock("${blank}")
		void blankName() {
		}

		@DistributedLock("order-#{#id}")
		void expressionName() {
		}

		@DistributedLock("#id")
		void variableName() {
		}

		@DistributedLock("order:#order.no")
		public void propertyName() {
		}

		@DistributedLock("order:#id")
		void partlyVariableName() {
		}

		@DistributedLock("'order-' + #id")
		void joinedName() {
		}

		@DistributedLock(name = "a", value = "b")
		void twoNames() {
		}

		@DistributedLock("a\0b")
		void controlName() {
		}

		@DistributedLock(onBusy = OnBusy.SKIP)
		int skippedPrimitive() {
			return 1;
		}

		@DistributedLock(name = "a", key = "#idd")
		void badKey(long id) {
		}

		@DistributedLock
		Mono<String> mono() {
			return Mono.empty();
		}

		@DistributedLock
		Flux<String> flux() {
			return Flux.empty();
		}

		@DistributedLock
		Publisher<String> publisher() {
			return Mono.empty();
		}

		@DistributedLock
		ConnectableFlux<String> connectable() {
			return Flux.just("a").publish();
		}

		@DistributedLock
		ParallelFlux<String> parallel() {
			return Flux.just("a").parallel();
		}

		@DistributedLock
		@Nullable Future<String> future() {
			return null;
		}

		@DistributedLock
		@Nullable OwnStage stage() {
			return null;
		}

		@DistributedLock
		@Nullable OwnFuture own() {
			return null;
		}

		@DistributedLock
		@Nullable CompletableFuture<String> completable() {
			return null;
		}

		@Async
		@DistributedLock
		@Nullable CompletableFuture<String> async() {
			return null;
		}

		@DistributedLock
		@Nullable Callable<String> callable() {
			return null;
		}

		@DistributedLock
		Stream<String> stream() {
			return Stream.empty();
		}

	}

}
