package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.Test;

import io.coordination.backend.BackendLease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Who gets the lock next: callers of this process hand it on, and what the others get of
 * it.
 */
class HandOffTests extends EngineFixture {

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
		assertNothingIsHeld(this.locks);
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
	void aLockWhoseLeaseWasToldOfIsNotHandedOver() {
		LockHandle first = hold(this.locks);
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC);
		BackendLease lease = first.leases().get(0);
		assertThat(lease.key().name()).isEqualTo(first.name());
		assertThat(lease.revision()).isEqualTo(first.fencingToken() >> 10);
		first.close();
		assertThat(now(second).leases().get(0).revision()).isGreaterThan(lease.revision());
	}

	@Test
	void theLeaseOfALockThatWasHandedOverIsNotTold() {
		LockHandle first = hold(this.locks);
		CompletableFuture<LockHandle> second = ask(this.locks, SPEC);
		first.close();
		assertThat(now(second).fencingToken() >> 10).isEqualTo(first.fencingToken() >> 10);
		assertThatThrownBy(first::leases).isInstanceOf(LockLostException.class);
		assertThat(now(second).leases()).hasSize(1);
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
			assertNothingIsHeld(third);
			handle.close();
			now(competing).close();
		}
	}

	@Test
	void aFutureWithATimeOutOfItsOwnLeavesTheQueue() {
		hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withUnboundedWait());
		future.completeExceptionally(new TimeoutException());
		int before = this.backend.requests.get();
		this.time.advance(Duration.ofMinutes(1));
		assertThat(this.backend.requests.get() - before).as("requests for nobody").isLessThan(5);
	}

}
