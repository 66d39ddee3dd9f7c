package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A release and the next request for the same lock: in the order of sending where the
 * backend promises it, one after the other where it does not.
 */
class OrderTests extends EngineFixture {

	@Test
	void theNextRequestDoesNotWaitForAReleaseOfAnOrderedBackend() {
		int before = releaseAndAskAgain(true);
		assertThat(this.backend.requests.get() - before).isEqualTo(2);
	}

	@Test
	void theNextRequestFollowsTheReleaseOfAnUnorderedBackend() {
		int before = releaseAndAskAgain(false);
		assertThat(this.backend.requests.get() - before).as("the release alone").isOne();
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.backend.deliver(this.backend.heldAnswers);
		assertThat(this.backend.requests.get() - before).isEqualTo(2);
	}

	@Test
	void aReleaseInTheBackgroundHoldsNobodyUpAndIsRepeated() {
		try (ManagedLockRegistry registry = builder(this.backend).asyncRelease(true).build()) {
			LockHandle handle = now(ask(registry, SPEC));
			this.backend.network = FlakyBackendFactory.Network.DOWN;
			assertThat(handle.release()).isTrue();
			assertThat(handle.state()).isEqualTo(LockState.RELEASED);
			assertThat(isFree()).isFalse();
			this.backend.network = FlakyBackendFactory.Network.GOOD;
			this.time.advance(Duration.ofSeconds(1));
			assertThat(isFree()).isTrue();
		}
	}

	private int releaseAndAskAgain(boolean ordered) {
		this.backend.ordered = ordered;
		this.locks.stop(Duration.ZERO);
		this.locks.start();
		LockHandle first = now(ask(this.locks, SPEC));
		int before = this.backend.requests.get();
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		CompletableFuture<Boolean> released = first.releaseAsync().toCompletableFuture();
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC);
		assertThat(released).isNotDone();
		assertThat(second).isNotDone();
		assertNothingIsHeld(this.locks);
		return before;
	}

}
