package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Grants that the store gives unasked: when they are entered, and for how long.
 */
class PushedGrantTests extends EngineFixture {

	@Test
	void aPushedGrantIsExtendedToTheWholeLeaseEvenWithoutRenewal() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withRenewal(false));
		other.close();
		LockHandle handle = now(future);
		this.time.advance(Duration.ofSeconds(20));
		assertThat(handle.state()).isEqualTo(LockState.HELD);
		this.time.advance(Duration.ofSeconds(10));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
	}

	@Test
	void aPushedGrantIsCountedFromTheLastBusyPoll() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		this.time.advance(Duration.ofMillis(500));
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		other.close();
		LockHandle handle = now(future);
		assertThat(handle.remainingValidity()).isLessThanOrEqualTo(Duration.ofMillis(2500));
	}

	@Test
	void aPushedGrantIsRenewedBeforeItIsUncertain() {
		for (int millis = 0; millis < 1000; millis += 100) {
			LockHandle other = hold(this.others);
			CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
			this.time.advance(Duration.ofMillis(millis));
			other.close();
			LockHandle handle = now(future);
			for (int i = 0; i < 40; i++) {
				assertThat(handle.state()).as("pushed after %d ms, looked at %d ms later", millis, 50 * i)
					.isEqualTo(LockState.HELD);
				this.time.advance(Duration.ofMillis(50));
			}
			handle.close();
		}
	}

	@Test
	void aPushThatComesTooLateIsNotEntered() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withUnboundedWait());
		this.backend.holdsPushes = true;
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		other.close();
		this.time.advance(Duration.ofSeconds(4));
		LockHandle third = hold(this.others);
		this.backend.deliver(this.backend.heldPushes);
		assertNothingIsHeld(this.locks);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofSeconds(1));
		assertNothingIsHeld(this.locks);
		assertThat(future).isNotDone();
		assertThat(third.state()).isEqualTo(LockState.HELD);
	}

	@Test
	void aPushOlderThanTheLastBusyAnswerIsIgnored() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withUnboundedWait());
		this.backend.holdsPushes = true;
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		other.close();
		this.time.advance(Duration.ofSeconds(4));
		LockHandle third = hold(this.others);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofSeconds(1));
		this.backend.deliver(this.backend.heldPushes);
		assertNothingIsHeld(this.locks);
		assertThat(future).isNotDone();
		assertThat(third.state()).isEqualTo(LockState.HELD);
	}

	@Test
	void aPushBeforeTheFirstAnswerIsAskedAboutFirst() {
		LockHandle other = hold(this.others);
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withUnboundedWait());
		other.close();
		assertNothingIsHeld(this.locks);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.backend.deliver(this.backend.heldAnswers);
		assertThat(now(future).state()).isEqualTo(LockState.HELD);
	}

	@Test
	void aPushBeforeTheFirstAnswerIsNotEntered() {
		LockHandle other = hold(this.others);
		this.backend.holdsPushes = true;
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withUnboundedWait());
		other.close();
		this.time.advance(Duration.ofSeconds(4));
		LockHandle third = hold(this.others);
		this.backend.deliver(this.backend.heldPushes);
		assertNothingIsHeld(this.locks);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		third.close();
		this.backend.holdsPushes = false;
		this.backend.deliver(this.backend.heldAnswers);
		this.time.advance(Duration.ofSeconds(1));
		assertThat(now(future).state()).isEqualTo(LockState.HELD);
	}

	@Test
	void aWaiterWhosePushWasLostFindsTheGrantByPolling() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		this.backend.holdsPushes = true;
		other.close();
		assertNothingIsHeld(this.locks);
		this.time.advance(Duration.ofSeconds(1));
		assertThat(now(future).state()).isEqualTo(LockState.HELD);
		this.backend.deliver(this.backend.heldPushes);
		assertThat(isFree()).isFalse();
	}

}
