package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * A thread enters again what it holds, through the call that holds it and no longer.
 */
@SuppressWarnings("LockNotBeforeTry") // unlocking is what is tested
class ReentrancyTests extends EngineFixture {

	private final ExecutorService otherThread = Executors.newSingleThreadExecutor();

	@AfterEach
	void stopThread() {
		this.otherThread.shutdownNow();
	}

	@Test
	void anInnerCallEntersWithoutARequestAndReleasesNothing() throws InterruptedException {
		this.locks.execute(SPEC, (outer) -> {
			int before = this.backend.requests.get();
			long token = this.locks.execute(SPEC.withoutWaiting(), (inner) -> {
				assertThat(inner.release()).as("still held").isTrue();
				inner.close();
				return inner.fencingToken();
			});
			assertThat(token).isEqualTo(outer.fencingToken());
			assertThat(outer.state()).isEqualTo(LockState.HELD);
			assertThat(this.backend.requests).hasValue(before);
			assertThat(isFree()).isFalse();
			return null;
		});
		assertThat(isFree()).isTrue();
	}

	@Test
	void aViewIsEnteredAgainAndFreeAfterAsManyUnlocks() {
		Lock lock = this.locks.asLock(SPEC.names().get(0));
		lock.lock();
		int before = this.backend.requests.get();
		assertThat(lock.tryLock()).isTrue();
		this.locks.asLock(SPEC.names().get(0)).lock();
		assertThat(this.backend.requests).hasValue(before);
		lock.unlock();
		lock.unlock();
		assertThat(isFree()).isFalse();
		lock.unlock();
		assertThat(isFree()).isTrue();
		assertThatExceptionOfType(IllegalMonitorStateException.class).isThrownBy(lock::unlock)
			.withMessage("Lock 'invoice:42' is not held by this thread");
	}

	@Test
	void aViewAndACallOfOneThreadShareTheLock() throws InterruptedException {
		Lock lock = this.locks.asLock(SPEC.names().get(0));
		lock.lock();
		this.locks.execute(SPEC.withoutWaiting(), (inner) -> null);
		assertThat(isFree()).isFalse();
		lock.unlock();
		assertThat(isFree()).isTrue();
	}

	@Test
	void anotherThreadNeitherEntersNorUnlocks() throws Exception {
		Lock lock = this.locks.asLock(SPEC.names().get(0));
		lock.lock();
		Future<Boolean> entered = this.otherThread.submit(() -> lock.tryLock());
		assertThat(entered.get()).isFalse();
		Future<?> unlocked = this.otherThread.submit(lock::unlock);
		assertThatThrownBy(unlocked::get).hasCauseInstanceOf(IllegalMonitorStateException.class);
		assertThat(isFree()).isFalse();
		lock.unlock();
	}

	@Test
	void aHandleMakesItsThreadNoOwner() throws Exception {
		try (LockHandle handle = this.locks.acquire(SPEC)) {
			assertThatExceptionOfType(LockNotAcquiredException.class)
				.isThrownBy(() -> this.locks.execute(SPEC.withoutWaiting(), (inner) -> null));
			assertThat(handle.state()).isEqualTo(LockState.HELD);
		}
	}

	@Test
	void aPooledThreadDoesNotEnterTheLockOfItsFormerWork() throws Exception {
		Future<LockHandle> kept = this.otherThread.submit(() -> this.locks.execute(SPEC, (lock) -> lock));
		assertThat(kept.get().state()).isEqualTo(LockState.RELEASED);
		LockHandle other = hold(this.others);
		Future<Boolean> again = this.otherThread.submit(() -> this.locks.tryAcquire(SPEC.withoutWaiting()).isPresent());
		assertThat(again.get()).isFalse();
		Future<?> call = this.otherThread.submit(() -> this.locks.execute(SPEC.withoutWaiting(), (lock) -> null));
		assertThatThrownBy(call::get).hasCauseInstanceOf(LockNotAcquiredException.class);
		other.close();
	}

	@Test
	void whatIsLostIsNotEnteredAgain() throws InterruptedException {
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> this.locks.execute(SPEC, (outer) -> {
			this.time.pause(LEASE.plusSeconds(1));
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> this.locks.execute(SPEC, (inner) -> null))
				.withMessageStartingWith("Lock 'invoice:42' lost");
			return null;
		}));
		this.locks.execute(SPEC, (lock) -> {
			assertThat(lock.state()).isEqualTo(LockState.HELD);
			return null;
		});
	}

	@Test
	void aViewThatLostItsLockSaysSoAtUnlock() {
		Lock lock = this.locks.asLock(SPEC.names().get(0));
		lock.lock();
		this.time.pause(LEASE.plusSeconds(1));
		assertThatExceptionOfType(LockLostException.class).isThrownBy(lock::unlock);
		assertThat(lock.tryLock()).as("a new lock").isTrue();
		lock.unlock();
	}

	@Test
	void aLossAtTheEndIsReportedAndDoesNotHideTheActionsException() {
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> this.locks.execute(SPEC, (lock) -> {
			this.time.pause(LEASE.plusSeconds(1));
			return "done";
		})).withMessageStartingWith("Lock 'invoice:42' lost: not renewed for 31s (lease 30s)");
		assertThatIllegalArgumentException().isThrownBy(() -> this.locks.execute(SPEC, (lock) -> {
			this.time.pause(LEASE.plusSeconds(1));
			throw new IllegalArgumentException("mine");
		}))
			.withMessage("mine")
			.satisfies((ex) -> assertThat(ex.getSuppressed()).singleElement().isInstanceOf(LockLostException.class));
	}

	@Test
	void aReleaseThatFailsDoesNotFailTheAction() throws InterruptedException {
		String result = this.locks.execute(SPEC, (lock) -> {
			this.backend.network = FlakyBackendFactory.Network.DOWN;
			return "done";
		});
		assertThat(result).isEqualTo("done");
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofSeconds(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void ofSeveralNamesOnlyTheMissingAreAcquiredAndReleased() throws InterruptedException {
		this.locks.execute(LockSpec.of("a"), (outer) -> {
			this.locks.execute(LockSpec.ofAll("a", "b"), (both) -> {
				assertThat(both.names()).containsExactlyInAnyOrder("a", "b");
				assertThat(both.fencingTokens()).containsEntry("a", outer.fencingToken());
				return null;
			});
			assertThat(outer.state()).isEqualTo(LockState.HELD);
			now(ask(this.others, LockSpec.of("b").withoutWaiting())).close();
			return null;
		});
	}

	@Test
	void aLockHasNoConditions() {
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> this.locks.asLock("a").newCondition())
			.withMessage("A distributed lock has no conditions");
	}

	@Test
	void anUnlockOfTheOuterViewDoesNotTakeTheLockFromTheCallInside() throws InterruptedException {
		Lock view = this.locks.asLock("invoice:42");
		view.lock();
		this.locks.execute(SPEC, (inner) -> {
			view.unlock();
			assertThat(isFree()).as("free while the body of a call runs").isFalse();
			return null;
		});
	}

	@Test
	void aViewThatWasLockedInsideACallIsLockedAfterIt() throws InterruptedException {
		Lock view = this.locks.asLock("invoice:42");
		this.locks.execute(SPEC, (outer) -> {
			view.lock();
			return null;
		});
		assertThat(isFree()).as("free between lock() and unlock()").isFalse();
		view.unlock();
	}

	@Test
	void anInnerCallForOneOfSeveralLocksHasItsToken() throws InterruptedException {
		this.locks.execute(LockSpec.ofAll("a", "b"), (outer) -> this.locks.execute(LockSpec.of("a"), (inner) -> {
			assertThat(inner.names()).containsExactly("a");
			assertThatCode(inner::fencingToken).doesNotThrowAnyException();
			return null;
		}));
	}

	@Test
	void anUnlockInsideACallDoesNotEndTheCall() throws InterruptedException {
		Lock view = this.locks.asLock("invoice:42");
		this.locks.execute(SPEC, (outer) -> {
			assertThatExceptionOfType(IllegalMonitorStateException.class).isThrownBy(view::unlock)
				.withMessage("Lock 'invoice:42' is not locked by this thread, which holds it by a call");
			assertThat(isFree()).isFalse();
			return null;
		});
		assertThat(isFree()).isTrue();
	}

	@Test
	void whatTheLastUseOfSeveralLeavesIsReleased() throws InterruptedException {
		Lock view = this.locks.asLock("b");
		this.locks.execute(LockSpec.ofAll("a", "b"), (outer) -> {
			view.lock();
			return null;
		});
		now(ask(this.others, LockSpec.of("a").withoutWaiting())).close();
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(ask(this.others, LockSpec.of("b").withoutWaiting())));
		view.unlock();
		now(ask(this.others, LockSpec.of("b").withoutWaiting())).close();
	}

}
