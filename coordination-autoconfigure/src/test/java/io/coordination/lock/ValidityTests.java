package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockLost.Cause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * For how long a lock is held: renewal, loss, suspicion.
 */
class ValidityTests extends EngineFixture {

	@Test
	void aLeaseIsRenewedForAsLongAsItIsHeld() {
		LockHandle handle = hold(this.locks);
		this.time.advance(Duration.ofMinutes(10));
		assertThat(handle.state()).isEqualTo(LockState.HELD);
		assertThat(handle.remainingValidity()).isGreaterThan(Duration.ofSeconds(19));
		assertThat(isFree()).isFalse();
	}

	@Test
	void leasesAreRenewedInOneRequest() {
		for (int i = 0; i < 100; i++) {
			hold(this.locks, LockSpec.of("lock:" + i));
		}
		int before = this.backend.requests.get();
		this.time.advance(Duration.ofSeconds(29));
		assertThat(this.backend.requests.get() - before).isBetween(2, 3);
	}

	@Test
	void aHolderThatCannotRenewIsToldBeforeTheStoreGivesTheLockAway() {
		LockHandle handle = hold(this.locks);
		List<LockLost> told = new ArrayList<>();
		handle.onLost(told::add);
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		this.time.advance(LEASE.dividedBy(2).plusMillis(1));
		assertThat(handle.state()).isEqualTo(LockState.UNCERTAIN);
		this.time.advance(LEASE.dividedBy(2).minusMillis(2));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThat(isFree()).isFalse();
		Awaitility.await().until(() -> told.size() == 1);
		assertThat(told.get(0).cause()).isEqualTo(Cause.NOT_RENEWED);
		assertThatExceptionOfType(LockLostException.class).isThrownBy(handle::ensureHeld)
			.withMessageStartingWith("Lock 'invoice:42' lost: not renewed for 29s (lease 30s)");
		assertThat(handle.remainingValidity()).isZero();
		assertThat(handle.release()).isFalse();
	}

	@Test
	void lostIsFinalAlsoForARenewalThatComesLate() {
		LockHandle handle = hold(this.locks);
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		this.time.advance(LEASE);
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.backend.deliver(this.backend.heldAnswers);
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		this.time.advance(Duration.ofSeconds(2));
		assertThat(isFree()).isTrue();
	}

	@Test
	void afterAPauseNothingIsRenewedThatHasEnded() {
		LockHandle handle = hold(this.locks);
		this.time.pause(LEASE.plusSeconds(1));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThat(isFree()).isTrue();
	}

	@Test
	void withoutRenewalTheLeaseIsAHardLimit() {
		LockHandle handle = now(ask(this.locks, SPEC.withRenewal(false)));
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC.withUnboundedWait().withRenewal(false));
		this.time.advance(LEASE.minusSeconds(1));
		assertThat(handle.state()).isEqualTo(LockState.HELD);
		this.time.advance(Duration.ofSeconds(2));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThat(now(second).fencingToken() >> 10).isGreaterThan(handle.fencingToken() >> 10);
	}

	@Test
	void aDisconnectMakesHoldersUncertainUntilTheStoreWasAsked() {
		LockHandle handle = hold(this.locks);
		this.time.advance(Duration.ofSeconds(1));
		this.backend.listener.disconnected();
		assertThat(handle.state()).isEqualTo(LockState.UNCERTAIN);
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		this.backend.listener.reconnected();
		assertThat(handle.state()).isEqualTo(LockState.UNCERTAIN);
		this.backend.deliver(this.backend.heldAnswers);
		assertThat(handle.state()).isEqualTo(LockState.HELD);
	}

	@Test
	void aReconnectRenewsAtOnce() {
		LockHandle handle = hold(this.locks);
		this.time.advance(Duration.ofSeconds(3));
		Duration before = handle.remainingValidity();
		this.backend.listener.reconnected();
		assertThat(handle.remainingValidity()).isEqualTo(before.plusSeconds(3));
	}

	@Test
	void aReconnectPollsAtOnce() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		this.backend.holdsPushes = true;
		other.close();
		assertNothingIsHeld(this.locks);
		this.backend.listener.reconnected();
		assertThat(now(future).state()).isEqualTo(LockState.HELD);
	}

	@Test
	void renewalsThatAreConfirmedInAnotherOrderShortenNothing() {
		LockHandle handle = hold(this.locks);
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		this.time.advance(LEASE.dividedBy(2));
		assertThat(this.backend.heldAnswers).hasSize(2);
		Duration before = handle.remainingValidity();
		this.backend.heldAnswers.remove(1).run();
		Duration renewed = handle.remainingValidity();
		assertThat(renewed).isGreaterThan(before.plusSeconds(10));
		this.backend.heldAnswers.remove(0).run();
		assertThat(handle.remainingValidity()).isEqualTo(renewed);
	}

	@Test
	void aJumpOfTheWallClockRaisesSuspicionAndAsksAtOnce() {
		LockHandle handle = hold(this.locks);
		this.time.advance(Duration.ofMillis(100));
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		this.time.jumpWall(Duration.ofSeconds(40));
		assertThat(handle.state()).isEqualTo(LockState.UNCERTAIN);
		assertThat(this.backend.heldAnswers).hasSize(1);
		this.backend.deliver(this.backend.heldAnswers);
		assertThat(handle.state()).isEqualTo(LockState.HELD);
	}

	@Test
	void aLockThatTheStoreGaveAwayIsLost() {
		LockHandle handle = hold(this.locks);
		this.backend.forget(this.locks.held().iterator().next());
		this.time.advance(Duration.ofSeconds(11));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThat(now(handle.verify())).isFalse();
	}

	@Test
	void aMaximumHoldTimeEndsTheHoldButFreesTheStoreOnRelease() {
		LockHandle handle = now(ask(this.locks, SPEC.withMaxHoldTime(Duration.ofSeconds(3))));
		this.time.advance(Duration.ofSeconds(4));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThat(isFree()).isFalse();
		assertThat(handle.release()).isFalse();
		assertThat(isFree()).isTrue();
	}

	@Test
	void aHoldOverItsMaximumTimeIsNotRenewedAnyMore() {
		LockHandle handle = hold(this.locks, SPEC.withMaxHoldTime(Duration.ofSeconds(3)));
		this.time.advance(LEASE.plusSeconds(4));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThat(isFree()).isTrue();
	}

	@Test
	void aLockWithoutRenewalIsAskedAboutAgainWhenTheQuestionAfterAReconnectFailed() {
		LockHandle handle = hold(this.locks, SPEC.withRenewal(false));
		this.time.advance(Duration.ofMillis(1));
		this.backend.listener.disconnected();
		this.backend.forget(this.locks.held().iterator().next());
		this.backend.network = FlakyBackendFactory.Network.LOSES_ANSWERS;
		this.backend.listener.reconnected();
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		hold(this.others);
		this.time.advance(Duration.ofSeconds(15));
		assertThat(handle.state()).as("somebody else has had it for 15 s").isEqualTo(LockState.LOST);
	}

}
