package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;
import io.coordination.lock.event.LockLost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A store that is away, or whose answers are lost: nothing is left behind, and everything
 * is said as it is.
 */
class StoreFailureTests extends EngineFixture {

	@Test
	void anAcquireWhoseAnswerWasLostIsResolvedByTheSameOwner() {
		this.backend.network = FlakyBackendFactory.Network.LOSES_ANSWERS;
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		assertNothingIsHeld(this.locks);
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
	void aGrantThatNobodyWaitsForIsGivenBack() {
		LockKey key = new LockKey("test", SPEC.names().get(0));
		OwnerId stranger = this.backend.grantToAStranger(key);
		assertThat(isFree()).isFalse();
		this.backend.listener.strayGrant(key, stranger);
		assertThat(isFree()).isTrue();
	}

	@Test
	void aStoreThatDoesNotAnswerIsNotTakenForBusyByTheSecondCaller() {
		this.backend.network = FlakyBackendFactory.Network.LOSES_ANSWERS;
		CompletableFuture<LockHandle> first = ask(this.locks, SPEC);
		assertThat(first).isNotDone();
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		// nobody ever held the lock, and the store has not answered once
		assertThatExceptionOfType(LockBackendException.class)
			.isThrownBy(() -> now(ask(this.locks, SPEC.withoutWaiting())));
	}

	@Test
	void aCheckSaysWhetherTheStoreCanBeUsed() {
		assertThat(now(this.locks.check())).isEmpty();
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		assertThatExceptionOfType(LockBackendException.class).isThrownBy(() -> now(this.locks.check()))
			.withMessage("connection refused");
		this.locks.stop(Duration.ZERO);
		assertThatExceptionOfType(LockRegistryStoppedException.class).isThrownBy(() -> now(this.locks.check()))
			.withMessage("The store is not asked: the lock registry is stopped");
	}

}
