package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Work that goes on after its thread left the lock: it joins what the thread is inside
 * of, and acquires the rest.
 */
class EnterAsyncTests extends EngineFixture {

	private static final LockSpec BOTH = LockSpec.ofAll("a", "b").withUnboundedWait();

	@Test
	void whatTheThreadIsInsideOfIsJoinedAndOutlivesItsCall() throws InterruptedException {
		LockHandle joined = this.locks.execute(SPEC, (call) -> {
			int before = this.backend.requests.get();
			LockHandle handle = now(enterAsync(SPEC.withoutWaiting()));
			assertThat(handle.fencingToken()).isEqualTo(call.fencingToken());
			assertThat(this.backend.requests).hasValue(before);
			return handle;
		});
		assertThat(joined.state()).isEqualTo(LockState.HELD);
		assertThat(isFree()).isFalse();
		assertThat(joined.release()).isTrue();
		assertThat(isFree()).isTrue();
	}

	@Test
	void theThreadsOwnUseOutlivesTheHandle() throws InterruptedException {
		try (LockHandle entered = this.locks.enter(SPEC)) {
			assertThat(now(enterAsync(SPEC)).release()).isTrue();
			assertThat(entered.state()).isEqualTo(LockState.HELD);
			assertThat(isFree()).isFalse();
		}
		assertThat(isFree()).isTrue();
	}

	@Test
	void theHandleBelongsToNoThread() throws InterruptedException {
		LockHandle acquired = now(enterAsync(SPEC));
		assertNotInside();
		acquired.close();
		LockHandle joined = this.locks.execute(SPEC, (call) -> now(enterAsync(SPEC)));
		assertNotInside();
		joined.close();
		assertThat(isFree()).isTrue();
	}

	private void assertNotInside() {
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> this.locks.execute(SPEC.withoutWaiting(), (call) -> null));
		assertThat(this.locks.asLock("invoice:42").tryLock()).isFalse();
	}

	@Test
	void ofSeveralNamesTheMissingAreAcquired() throws InterruptedException {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		LockHandle a = this.locks.enter(LockSpec.of("a"));
		CompletableFuture<LockHandle> both = enterAsync(BOTH);
		assertThat(both).isNotDone();
		b.close();
		LockHandle handle = now(both);
		assertThat(handle.fencingTokens()).containsEntry("a", a.fencingToken()).containsOnlyKeys("a", "b");
		a.close();
		assertThat(isTaken("a")).isTrue();
		assertThat(isTaken("b")).isTrue();
		assertThat(handle.release()).isTrue();
		assertThat(isTaken("a")).isFalse();
		assertThat(isTaken("b")).isFalse();
	}

	@Test
	void aFailureGivesBackWhatWasJoined() throws InterruptedException {
		hold(this.others, LockSpec.of("b"));
		LockHandle a = this.locks.enter(LockSpec.of("a"));
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(enterAsync(BOTH.withoutWaiting())))
			.withMessageStartingWith("Lock 'b' not acquired");
		assertThat(a.state()).isEqualTo(LockState.HELD);
		a.close();
		assertThat(isTaken("a")).isFalse();
	}

	@Test
	void cancellingGivesEverythingBack() throws InterruptedException {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		LockHandle a = this.locks.enter(LockSpec.of("a"));
		CompletableFuture<LockHandle> both = enterAsync(BOTH);
		assertThat(both.cancel(false)).isTrue();
		a.close();
		assertThat(isTaken("a")).isFalse();
		b.close();
		assertThat(isTaken("b")).isFalse();
		assertThat(((DefaultLockRegistry) this.locks).gateCount()).isZero();
	}

	@Test
	void whatIsGrantedAfterTheCancellationIsGivenBack() throws InterruptedException {
		LockHandle a = this.locks.enter(LockSpec.of("a"));
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		CompletableFuture<LockHandle> both = enterAsync(BOTH);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		both.cancel(false);
		this.backend.deliver(this.backend.heldAnswers);
		a.close();
		assertThat(isTaken("a")).isFalse();
		assertThat(isTaken("b")).isFalse();
	}

	@Test
	void aFutureThatIsCancelledWhileItIsCompletedGivesEverythingBack() throws InterruptedException {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		LockHandle a = this.locks.enter(LockSpec.of("a"));
		CompletableFuture<LockHandle> both = enterAsync(BOTH.withWaitTime(Duration.ofMinutes(1)));
		this.time.onCancel(() -> this.time.onCancel(() -> both.cancel(false)));
		b.close();
		Awaitility.await().until(both::isCancelled);
		a.close();
		Awaitility.await().until(() -> !isTaken("a") && !isTaken("b"));
	}

	@Test
	void aLockThatIsLostFailsTheStage() throws InterruptedException {
		LockHandle a = this.locks.enter(LockSpec.of("a"));
		LockHandle b = this.locks.enter(LockSpec.of("b"));
		this.locks.held().stream().filter((lock) -> lock.name().equals("b")).forEach(this.backend::forget);
		this.time.advance(Duration.ofSeconds(11));
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> now(enterAsync(BOTH)))
			.withMessageStartingWith("Lock 'b' lost");
		b.close();
		a.close();
		assertThat(isTaken("a")).isFalse();
	}

	@Test
	void aLockThatIsLostWhileTheMissingAreWaitedForFailsTheStage() throws InterruptedException {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		LockHandle a = this.locks.enter(LockSpec.of("a"));
		CompletableFuture<LockHandle> both = enterAsync(BOTH);
		this.backend.forget(this.locks.held().iterator().next());
		this.time.advance(Duration.ofSeconds(11));
		b.close();
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> now(both))
			.withMessageStartingWith("Lock 'a' lost");
		assertThat(a.release()).isFalse();
		Awaitility.await().until(() -> !isTaken("b"));
	}

	@Test
	void aSpecThatCannotBeFailsTheStage() throws InterruptedException {
		LockSpec spec = BOTH.withLeaseTime(Duration.ofMillis(1));
		assertThatIllegalArgumentException().isThrownBy(() -> now(enterAsync(spec)));
		try (LockHandle a = this.locks.enter(LockSpec.of("a"))) {
			assertThatIllegalArgumentException().isThrownBy(() -> now(enterAsync(spec)));
			assertThat(a.state()).isEqualTo(LockState.HELD);
		}
		assertThat(isTaken("a")).isFalse();
	}

	private CompletableFuture<LockHandle> enterAsync(LockSpec spec) {
		return this.locks.enterAsync(spec).toCompletableFuture();
	}

	private boolean isTaken(String name) {
		try {
			now(ask(this.others, LockSpec.of(name).withoutWaiting())).close();
			return false;
		}
		catch (LockNotAcquiredException ex) {
			return true;
		}
	}

}
