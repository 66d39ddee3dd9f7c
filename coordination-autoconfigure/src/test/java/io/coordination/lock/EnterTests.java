package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * A thread enters a lock for longer than a call, until a handle is released, which any
 * thread may do.
 */
@SuppressWarnings("LockNotBeforeTry") // unlocking is what is tested
class EnterTests extends EngineFixture {

	private static final LockSpec ONCE = SPEC.withoutWaiting();

	private final ExecutorService otherThread = Executors.newSingleThreadExecutor();

	@AfterEach
	void stopThread() {
		this.otherThread.shutdownNow();
	}

	@Test
	void whatIsEnteredIsHeldUntilTheHandleIsReleased() throws InterruptedException {
		LockHandle handle = this.locks.enter(SPEC);
		assertThat(handle.state()).isEqualTo(LockState.HELD);
		assertThat(handle.names()).containsExactly("invoice:42");
		assertThat(isFree()).isFalse();
		assertThat(handle.release()).isTrue();
		assertThat(handle.state()).isEqualTo(LockState.RELEASED);
		assertThat(isFree()).isTrue();
		assertThat(handle.release()).isTrue();
		assertNotInside();
	}

	@Test
	void theThreadEntersAgainAtNoCostWhileItIsNotReleased() throws InterruptedException {
		LockHandle handle = this.locks.enter(SPEC);
		int before = this.backend.requests.get();
		long token = this.locks.execute(ONCE, (inner) -> {
			inner.close();
			return inner.fencingToken();
		});
		assertThat(token).isEqualTo(handle.fencingToken());
		Lock view = this.locks.asLock("invoice:42");
		assertThat(view.tryLock()).isTrue();
		view.unlock();
		LockHandle again = this.locks.enter(ONCE);
		assertThat(again.fencingToken()).isEqualTo(token);
		assertThat(again.release()).isTrue();
		assertThat(again.state()).isEqualTo(LockState.RELEASED);
		assertThat(handle.state()).isEqualTo(LockState.HELD);
		assertThat(this.backend.requests).hasValue(before);
		assertThat(isFree()).isFalse();
		handle.close();
		assertThat(isFree()).isTrue();
	}

	@Test
	void theLockIsGivenUpWithTheLastUse() throws InterruptedException {
		LockHandle outlives = this.locks.execute(SPEC, (call) -> this.locks.enter(SPEC));
		assertThat(isFree()).isFalse();
		this.locks.execute(ONCE, (call) -> {
			assertThat(outlives.release()).isTrue();
			assertThat(isFree()).as("while a call is inside").isFalse();
			assertThat(call.state()).isEqualTo(LockState.HELD);
			return null;
		});
		assertThat(isFree()).isTrue();
		assertNotInside();
		Lock view = this.locks.asLock("invoice:42");
		LockHandle handle = this.locks.enter(SPEC);
		view.lock();
		handle.close();
		assertThat(isFree()).isFalse();
		view.unlock();
		assertThat(isFree()).isTrue();
	}

	@Test
	void aViewDoesNotUnlockWhatWasEntered() throws InterruptedException {
		try (LockHandle handle = this.locks.enter(SPEC)) {
			assertThatExceptionOfType(IllegalMonitorStateException.class)
				.isThrownBy(this.locks.asLock("invoice:42")::unlock)
				.withMessage("Lock 'invoice:42' is not locked by this thread, which holds it by a call");
			assertThat(handle.state()).isEqualTo(LockState.HELD);
		}
	}

	@Test
	void aThreadIsNotInsideAfterAnotherReleasedTheHandle() throws Exception {
		LockHandle handle = onOther(() -> this.locks.enter(SPEC));
		LockHandle again = onOther(() -> this.locks.enter(ONCE));
		assertThat(handle.release()).isTrue();
		assertThat(onOther(this::tokenInside)).isEqualTo(again.fencingToken());
		assertThat(again.release()).isTrue();
		assertThat(isFree()).isTrue();
		LockHandle other = hold(this.others);
		assertThatThrownBy(() -> onOther(() -> this.locks.execute(ONCE, (call) -> null)))
			.isInstanceOf(LockNotAcquiredException.class);
		assertThat(onOther(() -> this.locks.asLock("invoice:42").tryLock())).isFalse();
		assertThatThrownBy(() -> onOther(() -> {
			this.locks.asLock("invoice:42").unlock();
			return null;
		})).hasMessage("Lock 'invoice:42' is not held by this thread");
		other.close();
		assertThat(onOther(this::tokenInside)).isGreaterThan(handle.fencingToken());
		assertThat(isFree()).isTrue();
	}

	@Test
	void theHandleMakesNoOtherThreadAnOwner() throws Exception {
		try (LockHandle handle = this.locks.enter(SPEC)) {
			assertThatThrownBy(() -> onOther(() -> this.locks.execute(ONCE, (call) -> null)))
				.isInstanceOf(LockNotAcquiredException.class);
			assertThat(handle.state()).isEqualTo(LockState.HELD);
		}
	}

	@Test
	void whatIsLostIsNotEnteredAgain() throws InterruptedException {
		LockHandle handle = this.locks.enter(SPEC);
		this.time.pause(LEASE.plusSeconds(1));
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> this.locks.enter(SPEC))
			.withMessageStartingWith("Lock 'invoice:42' lost");
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> this.locks.execute(SPEC, (call) -> null));
		assertThat(handle.release()).isFalse();
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		LockHandle next = this.locks.enter(ONCE);
		assertThat(next.release()).isTrue();
	}

	@Test
	void ofSeveralNamesOnlyTheMissingAreAcquired() throws InterruptedException {
		LockHandle a = this.locks.enter(LockSpec.of("a"));
		LockHandle both = this.locks.enter(LockSpec.ofAll("a", "b"));
		assertThat(both.fencingTokens()).containsEntry("a", a.fencingToken()).containsOnlyKeys("a", "b");
		a.close();
		assertThat(isTaken("a")).isTrue();
		assertThat(isTaken("b")).isTrue();
		assertThat(both.release()).isTrue();
		assertThat(isTaken("a")).isFalse();
		assertThat(isTaken("b")).isFalse();
	}

	@Test
	void whoDoesNotGetAllOfSeveralEntersNone() throws InterruptedException {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		LockHandle a = this.locks.enter(LockSpec.of("a"));
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> this.locks.enter(LockSpec.ofAll("a", "b").withoutWaiting()));
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InterruptedException.class)
			.isThrownBy(() -> this.locks.enter(LockSpec.ofAll("a", "b")));
		assertThat(a.release()).isTrue();
		assertThat(isTaken("a")).isFalse();
		b.close();
		assertThat(isTaken("b")).isFalse();
	}

	@Test
	void aLockThatIsLostWhileTheMissingAreWaitedForIsNotEntered() throws Exception {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		LockHandle a = onOther(() -> this.locks.enter(LockSpec.of("a")));
		Future<LockHandle> both = this.otherThread
			.submit(() -> this.locks.enter(LockSpec.ofAll("a", "b").withUnboundedWait()));
		Awaitility.await().until(() -> ((DefaultLockRegistry) this.locks).gateCount() == 2);
		this.backend.forget(this.locks.held().iterator().next());
		this.time.advance(Duration.ofSeconds(11));
		b.close();
		assertThatThrownBy(() -> both.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(LockLostException.class);
		assertThat(isTaken("b")).isFalse();
		assertThat(a.release()).isFalse();
	}

	@Test
	void noActionRunsIfWhatItsThreadIsInsideOfIsLostWhileTheMissingAreWaitedFor() throws Exception {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		LockHandle a = onOther(() -> this.locks.enter(LockSpec.of("a")));
		AtomicBoolean ran = new AtomicBoolean();
		Future<?> both = this.otherThread
			.submit(() -> this.locks.execute(LockSpec.ofAll("a", "b").withUnboundedWait(), (call) -> {
				ran.set(true);
				return null;
			}));
		Awaitility.await().until(() -> ((DefaultLockRegistry) this.locks).gateCount() == 2);
		this.backend.forget(this.locks.held().iterator().next());
		this.time.advance(Duration.ofSeconds(11));
		b.close();
		assertThatThrownBy(() -> both.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(LockLostException.class);
		assertThat(ran).isFalse();
		a.close();
	}

	@Test
	void aLossInterruptsNobody() throws InterruptedException {
		LockHandle handle = this.locks.enter(SPEC.withInterruptOnLoss());
		CompletableFuture<Void> told = new CompletableFuture<>();
		handle.onLost((loss) -> told.complete(null));
		this.time.pause(LEASE.plusSeconds(1));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		now(told);
		assertThat(Thread.interrupted()).isFalse();
		handle.close();
	}

	@Test
	void whatIsRetainedOfAnEnteredHandleKeepsTheLockAndNotTheThreadInside() throws InterruptedException {
		LockHandle handle = this.locks.enter(SPEC);
		LockHandle retained = handle.retain();
		handle.close();
		assertThat(isFree()).isFalse();
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> this.locks.execute(ONCE, (call) -> null));
		assertThat(retained.release()).isTrue();
		assertThat(isFree()).isTrue();
	}

	@Test
	void anEnteredHandleThatWasDroppedIsReleasedAndTheThreadIsNotInside() throws InterruptedException {
		this.locks.enter(SPEC);
		assertThat(isFree()).isFalse();
		Awaitility.await().atMost(Duration.ofSeconds(30)).pollInSameThread().until(() -> {
			System.gc();
			this.time.advance(Duration.ofMillis(500));
			return isFree();
		});
		assertNotInside();
	}

	@Test
	void aReleaseByAnotherThreadMeetsAThreadThatEntersAgain() throws Exception {
		CyclicBarrier start = new CyclicBarrier(2);
		int again = 0;
		int anew = 0;
		for (int i = 0; i < 20_000; i++) {
			LockHandle handle = this.locks.enter(SPEC);
			Future<Boolean> released = this.otherThread.submit(() -> {
				start.await();
				return handle.release();
			});
			start.await();
			for (int spin = i % 64; spin > 0; spin--) {
				Thread.onSpinWait();
			}
			String round = "round " + i;
			long token = this.locks.execute(SPEC, (call) -> {
				released.get(10, TimeUnit.SECONDS);
				assertThat(call.state()).as(round).isEqualTo(LockState.HELD);
				assertThat(isFree()).as(round).isFalse();
				return call.fencingToken();
			});
			assertThat(isFree()).as(round).isTrue();
			again += (token == handle.fencingToken()) ? 1 : 0;
			anew += (token > handle.fencingToken()) ? 1 : 0;
			this.events.clear();
		}
		assertThat(again).isPositive();
		assertThat(anew).isPositive();
	}

	private void assertNotInside() {
		LockHandle other = hold(this.others);
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> this.locks.execute(ONCE, (call) -> null));
		other.close();
	}

	private Long tokenInside() throws InterruptedException {
		return this.locks.execute(ONCE, (call) -> call.fencingToken());
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

	private <T> T onOther(Callable<T> action) throws Exception {
		return now(CompletableFuture.supplyAsync(() -> {
			try {
				return action.call();
			}
			catch (RuntimeException ex) {
				throw ex;
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}, this.otherThread));
	}

}
