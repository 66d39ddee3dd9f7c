package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/**
 * Stopping in the middle of a request, and stopping without a hurry.
 */
class StopTests extends EngineFixture {

	@Test
	void aStopWhileTheFirstRequestIsUnderWayLeavesNoLockBehind()
			throws InterruptedException, ExecutionException, TimeoutException {
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		CompletableFuture<Void> stopping = CompletableFuture.runAsync(() -> this.locks.stop(Duration.ofSeconds(20)));
		Awaitility.await().until(future::isCompletedExceptionally);
		this.backend.deliver(this.backend.heldAnswers);
		stopping.get(10, TimeUnit.SECONDS);
		assertThat(future).isCompletedExceptionally();
		assertThat(isFree()).as("free after a shutdown in which nobody held it").isTrue();
	}

	@Test
	void aGracePeriodWithoutEndStopsARegistryThatHoldsNothing() {
		ManagedLockRegistry registry = builder(this.backend).gracePeriod(LockSpec.UNBOUNDED).build();
		assertThatCode(registry::close).doesNotThrowAnyException();
		assertThat(registry.isRunning()).isFalse();
	}

}
