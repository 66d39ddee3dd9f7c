package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockLost.Cause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The engine on the memory backend, in manual time: safety and liveness rules, one
 * sentence each.
 */
class EngineTests extends EngineFixture {

	@Test
	void grantsToOneAtATime() {
		LockHandle handle = hold(this.locks);
		assertThat(isFree()).isFalse();
		assertThat(handle.release()).isTrue();
		assertThat(handle.state()).isEqualTo(LockState.RELEASED);
		assertThat(isFree()).isTrue();
	}

	@Test
	void anUncontendedCycleTakesTwoRequests() {
		hold(this.locks).close();
		assertThat(this.backend.requests).hasValue(2);
	}

	@Test
	void aSecondCloseDoesNotFreeTheSuccessor() {
		LockHandle first = hold(this.locks);
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC);
		assertThat(first.release()).isTrue();
		LockHandle successor = now(second);
		assertThat(first.release()).isTrue();
		first.close();
		assertThat(successor.state()).isEqualTo(LockState.HELD);
		assertThat(isFree()).isFalse();
	}

	@Test
	void aLateCloseOfALostLockDoesNotFreeTheSuccessor() {
		LockHandle first = hold(this.locks);
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC.withUnboundedWait());
		this.time.pause(LEASE.plusSeconds(1));
		LockHandle successor = now(second);
		assertThat(first.release()).isFalse();
		this.time.advance(Duration.ofSeconds(2));
		assertThat(successor.state()).isEqualTo(LockState.HELD);
		assertThat(isFree()).isFalse();
	}

	@Test
	void aLocalWaiterIsHandedTheLockWithoutARequestAndWithALargerToken() {
		LockHandle first = hold(this.locks);
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC);
		int before = this.backend.requests.get();
		first.close();
		assertThat(now(second).fencingToken()).isEqualTo(first.fencingToken() + 1);
		assertThat(this.backend.requests).hasValue(before);
	}

	@Test
	void theStoresOtherWaitersHaveTheirTurnAfterTheSlice() {
		LockHandle first = hold(this.locks);
		CompletableFuture<LockHandle> other = ask(this.others, SPEC);
		CompletableFuture<LockHandle> local = ask(this.locks, SPEC);
		this.time.advance(Duration.ofMillis(51));
		first.close();
		LockHandle handle = now(other);
		assertThat(local).isNotDone();
		assertThat(handle.fencingToken()).isGreaterThan(first.fencingToken());
		handle.close();
		assertThat(now(local).fencingToken()).isGreaterThan(handle.fencingToken());
	}

	@Test
	void aLockIsNotHandedOverToACallerWithAnotherLease() {
		LockHandle first = hold(this.locks);
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC.withLeaseTime(Duration.ofSeconds(10)));
		int before = this.backend.requests.get();
		first.close();
		LockHandle handle = now(second);
		assertThat(this.backend.requests.get()).isGreaterThan(before);
		assertThat(handle.remainingValidity()).isLessThan(Duration.ofSeconds(10));
	}

	@Test
	void aLockIsNotHandedOverWhenLessThanHalfOfTheLeaseRemains() {
		LockSpec spec = SPEC.withLeaseTime(Duration.ofMillis(60));
		LockHandle first = now(ask(this.locks, spec));
		CompletableFuture<LockHandle> second = ask(this.locks, spec);
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		this.time.advance(Duration.ofMillis(25));
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		int before = this.backend.requests.get();
		first.close();
		now(second);
		assertThat(this.backend.requests.get()).isGreaterThan(before);
	}

	@Test
	void aLockIsNotHandedOverWhileItIsUncertain() {
		LockHandle first = hold(this.locks);
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC);
		this.backend.listener.disconnected();
		assertThat(first.state()).isEqualTo(LockState.UNCERTAIN);
		first.close();
		assertThat(now(second).fencingToken() >> 10).as("a grant of its own").isGreaterThan(first.fencingToken() >> 10);
	}

	@Test
	void aLockIsNotHandedOverWhenRenewalIsOff() {
		LockSpec spec = SPEC.withRenewal(false);
		LockHandle first = now(ask(this.locks, spec));
		CompletableFuture<LockHandle> second = ask(this.locks, spec);
		first.close();
		assertThat(now(second).fencingToken() >> 10).as("a whole lease of its own")
			.isGreaterThan(first.fencingToken() >> 10);
	}

	@Test
	void aGrantIsPassedOnNoMoreOftenThanItsTokensCanCount() {
		LockHandle handle = hold(this.locks);
		long revision = handle.fencingToken() >> 10;
		for (int i = 1; i <= FencingTokens.MAX_HAND_OFFS + 1; i++) {
			CompletableFuture<LockHandle> next = ask(this.locks, SPEC);
			long before = handle.fencingToken();
			handle.close();
			handle = now(next);
			assertThat(handle.fencingToken()).isGreaterThan(before);
			assertThat(handle.fencingToken() >> 10 == revision).isEqualTo(i <= FencingTokens.MAX_HAND_OFFS);
		}
	}

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
	void aPushThatComesTooLateIsNotEntered() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withUnboundedWait());
		this.backend.holdsPushes = true;
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		other.close();
		this.time.advance(Duration.ofSeconds(4));
		LockHandle third = hold(this.others);
		this.backend.deliver(this.backend.heldPushes);
		assertThat(future).isNotDone();
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofSeconds(1));
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
		assertThat(future).isNotDone();
		assertThat(third.state()).isEqualTo(LockState.HELD);
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
		assertThat(future).isNotDone();
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
		assertThat(future).isNotDone();
		this.time.advance(Duration.ofSeconds(1));
		assertThat(now(future).state()).isEqualTo(LockState.HELD);
		this.backend.deliver(this.backend.heldPushes);
		assertThat(isFree()).isFalse();
	}

	@Test
	void aDeadHoldersLockIsTakenWhenItsLeaseEnds() {
		LockHandle other = hold(this.others);
		this.otherBackend.network = FlakyBackendFactory.Network.DOWN;
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withUnboundedWait());
		this.time.advance(LEASE.minusMillis(1));
		assertThat(future).isNotDone();
		this.time.advance(Duration.ofMillis(10));
		assertThat(now(future).fencingToken()).isGreaterThan(other.fencingToken());
	}

	@Test
	void anAcquireWhoseAnswerWasLostIsResolvedByTheSameOwner() {
		this.backend.network = FlakyBackendFactory.Network.LOSES_ANSWERS;
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		assertThat(future).isNotDone();
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofMillis(100));
		assertThat(now(future).state()).isEqualTo(LockState.HELD);
	}

	@Test
	void anAcquireWhoseAnswerWasLostLeavesNoGhost() {
		this.backend.network = FlakyBackendFactory.Network.LOSES_ANSWERS;
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withoutWaiting());
		assertThatExceptionOfType(LockOutcomeUnknownException.class).isThrownBy(() -> now(future));
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofSeconds(1));
		assertThat(isFree()).isTrue();
		int before = this.backend.requests.get();
		this.time.advance(Duration.ofMillis(500));
		assertThat(this.backend.requests.get()).as("a confirmed release after the last request's time")
			.isGreaterThan(before);
	}

	@Test
	void aStoreThatIsDownIsNotReportedAsBusy() {
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		assertThatExceptionOfType(LockBackendException.class).isThrownBy(() -> now(ask(this.locks, SPEC)))
			.withMessage("Lock 'invoice:42' not acquired: the store cannot be asked: connection refused");
	}

	@Test
	void aBusyLockIsReportedWithItsHolder() {
		hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		this.time.advance(Duration.ofSeconds(5));
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> now(future))
			.withMessageMatching("Lock 'invoice:42' not acquired within 5s: held by \\S+, lease ends in 2\\ds, "
					+ "0 other callers wait here");
	}

	@Test
	void aReleaseWithoutAnAnswerIsUnknownAndNoLoss() {
		LockHandle handle = hold(this.locks);
		this.backend.network = FlakyBackendFactory.Network.LOSES_ANSWERS;
		assertThatExceptionOfType(LockOutcomeUnknownException.class).isThrownBy(handle::release);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofSeconds(1));
		assertThat(isFree()).isTrue();
		assertThat(this.events).noneMatch(LockLost.class::isInstance);
	}

	@Test
	void aReleaseThatFailsIsRepeated() {
		LockHandle handle = hold(this.locks);
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		handle.close();
		assertThat(isFree()).isFalse();
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofSeconds(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void aCancelledWaitLeavesNothingBehind() {
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		future.cancel(false);
		other.close();
		assertThat(isFree()).isTrue();
	}

	@Test
	void aWaitThatEndsLeavesItsPlaceToTheNextCaller() {
		try (ManagedLockRegistry third = builder(new FlakyBackendFactory(this.store)).build()) {
			LockHandle other = hold(this.others);
			CompletableFuture<LockHandle> first = ask(this.locks, SPEC);
			CompletableFuture<LockHandle> competing = ask(third, SPEC.withUnboundedWait());
			CompletableFuture<LockHandle> next = ask(this.locks, SPEC.withUnboundedWait());
			first.cancel(false);
			other.close();
			LockHandle handle = now(next);
			assertThat(competing).isNotDone();
			handle.close();
			now(competing).close();
		}
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
		assertThat(future).isNotDone();
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
	void aGrantThatNobodyWaitsForIsGivenBack() {
		LockKey key = new LockKey("test", SPEC.names().get(0));
		OwnerId stranger = this.backend.grantToAStranger(key);
		assertThat(isFree()).isFalse();
		this.backend.listener.strayGrant(key, stranger);
		assertThat(isFree()).isTrue();
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
	void afterStopHoldersAreLostAndTheirLeaseLapses() {
		LockHandle handle = hold(this.locks);
		CompletableFuture<LockHandle> waiter = ask(this.locks, SPEC);
		this.locks.stop(Duration.ZERO);
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThatExceptionOfType(LockRegistryStoppedException.class).isThrownBy(() -> now(waiter));
		assertThatExceptionOfType(LockRegistryStoppedException.class).isThrownBy(() -> now(ask(this.locks, SPEC)));
		assertThat(isFree()).as("its body may still run").isFalse();
		this.locks.start();
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThat(now(ask(this.locks, LockSpec.of("another"))).state()).isEqualTo(LockState.HELD);
	}

	@Test
	void severalLocksAreAcquiredTogetherOrNotAtAll() {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		CompletableFuture<LockHandle> all = ask(this.locks, LockSpec.ofAll("c", "b", "a", "b"));
		this.time.advance(Duration.ofSeconds(5));
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> now(all));
		Awaitility.await().untilAsserted(() -> now(ask(this.others, LockSpec.of("a").withoutWaiting())).close());
		b.close();
		LockHandle handle = now(ask(this.locks, LockSpec.ofAll("c", "b", "a")));
		assertThat(handle.names()).containsExactly("a", "b", "c");
		assertThat(handle.fencingTokens()).containsOnlyKeys("a", "b", "c");
		handle.close();
		now(ask(this.others, LockSpec.of("c"))).close();
	}

	@Test
	void nothingIsKeptOfNamesThatAreNotUsed() {
		for (int i = 0; i < 10_000; i++) {
			now(ask(this.locks, LockSpec.of("name:" + i))).close();
		}
		assertThat(this.locks.held()).isEmpty();
		assertThat(((DefaultLockRegistry) this.locks).gateCount()).isZero();
	}

	@Test
	void tokensCarryTheFencingBase() {
		long base = 1L << 40;
		LockHandle first = hold(this.locks);
		first.close();
		try (ManagedLockRegistry registry = builder(this.backend).fencingBase(base).build()) {
			LockHandle second = now(ask(registry, SPEC));
			assertThat((second.fencingToken() >> 10) - (first.fencingToken() >> 10)).isEqualTo(base + 1);
		}
	}

	@Test
	void aRevisionWithoutRoomForTheTokenIsRefused() {
		try (ManagedLockRegistry registry = builder(this.backend).fencingBase((1L << 53) - 1).build()) {
			assertThatExceptionOfType(LockBackendException.class).isThrownBy(() -> now(ask(registry, SPEC)))
				.withMessageContaining("below 2^53");
			assertThat(isFree()).isTrue();
		}
	}

}
