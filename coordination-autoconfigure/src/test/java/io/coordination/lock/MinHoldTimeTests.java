package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockReleased;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Locks that stay taken for a while, also if they are released sooner.
 */
class MinHoldTimeTests extends EngineFixture {

	private static final Duration TEN = Duration.ofSeconds(10);

	private static final LockSpec KEPT = SPEC.withMinHoldTime(TEN);

	@Test
	void aLockThatIsReleasedSoonerIsTakenByNobodyForTheRest() {
		LockHandle handle = hold(this.locks, KEPT);
		this.time.advance(Duration.ofSeconds(3));
		assertThat(handle.release()).isTrue();
		assertThat(handle.state()).isEqualTo(LockState.RELEASED);
		assertThat(this.events.get(this.events.size() - 1)).isInstanceOf(LockReleased.class);
		assertThat(this.locks.held()).isEmpty();
		assertThat(((DefaultLockRegistry) this.locks).gateCount()).isZero();
		this.time.advance(Duration.ofMillis(6999));
		assertThat(isFree()).isFalse();
		this.time.advance(Duration.ofMillis(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void aLockThatIsReleasedLaterIsFreeAtOnce() {
		LockHandle handle = hold(this.locks, KEPT);
		this.time.advance(TEN);
		assertThat(handle.release()).isTrue();
		assertThat(isFree()).isTrue();
	}

	@Test
	void theRestIsNotCutShort() {
		LockHandle handle = hold(this.locks, KEPT);
		this.time.advance(TEN.minusNanos(1));
		assertThat(handle.release()).isTrue();
		assertThat(isFree()).isFalse();
		this.time.advance(Duration.ofMillis(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void itDoesNotMatterHowTheLockIsGivenUp() throws InterruptedException {
		hold(this.locks, KEPT).close();
		assertThatItIsFreeAfterTenSeconds();
		assertThat(now(hold(this.locks, KEPT).releaseAsync())).isTrue();
		assertThatItIsFreeAfterTenSeconds();
		this.locks.execute(KEPT, (lock) -> null);
		assertThatItIsFreeAfterTenSeconds();
		this.locks.execute(KEPT, (lock) -> {
			this.locks.asLock("invoice:42").lock();
			return null;
		});
		this.locks.asLock("invoice:42").unlock();
		assertThatItIsFreeAfterTenSeconds();
	}

	private void assertThatItIsFreeAfterTenSeconds() {
		this.time.advance(Duration.ofMillis(9999));
		assertThat(isFree()).isFalse();
		this.time.advance(Duration.ofMillis(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void theTimeOfTheOutermostCallCounts() throws InterruptedException {
		this.locks.execute(KEPT,
				(outer) -> this.locks.execute(SPEC.withMinHoldTime(Duration.ofMinutes(1)), (inner) -> null));
		assertThatItIsFreeAfterTenSeconds();
		this.locks.execute(SPEC, (outer) -> this.locks.execute(KEPT, (inner) -> null));
		assertThat(isFree()).isTrue();
	}

	@Test
	void theTimeBeginsWithTheGrantToThisHolder() {
		LockHandle first = hold(this.locks);
		CompletableFuture<LockHandle> second = ask(this.locks, KEPT);
		this.time.advance(Duration.ofMillis(40));
		first.close();
		LockHandle handle = now(second);
		assertThat(handle.fencingToken()).as("handed over").isEqualTo(first.fencingToken() + 1);
		handle.close();
		assertThatItIsFreeAfterTenSeconds();
	}

	@Test
	void aCallerOfThisProcessWaitsLikeOthers() {
		LockHandle first = hold(this.locks, KEPT);
		CompletableFuture<LockHandle> next = ask(this.locks, SPEC.withUnboundedWait());
		first.close();
		this.time.advance(Duration.ofMillis(9999));
		assertThat(next).isNotDone();
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(ask(this.locks, SPEC.withoutWaiting())));
		this.time.advance(Duration.ofMillis(20));
		assertThat(now(next).fencingToken() >> 10).isGreaterThan(first.fencingToken() >> 10);
	}

	@Test
	void callersOfThisProcessAskNoMoreOftenThanForALockOfOthers() {
		hold(this.others, LockSpec.of("held"));
		int forOthers = requestsOf(twentyWaiters(LockSpec.of("held")));
		LockSpec kept = LockSpec.of("kept");
		LockHandle handle = hold(this.locks, kept.withMinHoldTime(Duration.ofHours(1)));
		List<CompletableFuture<LockHandle>> before = twentyWaiters(kept);
		handle.close();
		assertThat(requestsOf(before)).as("who waited before the release").isLessThan(forOthers * 3 / 2);
		assertThat(requestsOf(twentyWaiters(kept))).as("who came after it").isLessThan(forOthers * 3 / 2);
	}

	private List<CompletableFuture<LockHandle>> twentyWaiters(LockSpec spec) {
		List<CompletableFuture<LockHandle>> waiting = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			waiting.add(ask(this.locks, spec.withUnboundedWait()));
		}
		return waiting;
	}

	private int requestsOf(List<CompletableFuture<LockHandle>> waiting) {
		int before = this.backend.requests.get();
		this.time.advance(Duration.ofMinutes(2));
		assertThat(waiting).noneMatch(CompletableFuture::isDone);
		waiting.forEach((future) -> future.cancel(false));
		return this.backend.requests.get() - before;
	}

	@Test
	void aLostLockIsNotKept() {
		LockHandle lost = hold(this.locks, KEPT);
		this.backend.forget(this.locks.held().iterator().next());
		assertThat(lost.release()).isFalse();
		assertThat(isFree()).isTrue();
		LockHandle ended = hold(this.locks, KEPT.withMaxHoldTime(Duration.ofSeconds(2)));
		this.time.advance(Duration.ofSeconds(3));
		assertThat(ended.release()).isFalse();
		assertThat(isFree()).isTrue();
	}

	@Test
	void withoutRenewalItMayBeKeptForLongerThanItsLease() {
		LockSpec spec = KEPT.withRenewal(false).withLeaseTime(Duration.ofSeconds(4));
		LockHandle handle = hold(this.locks, spec);
		this.time.advance(Duration.ofSeconds(3));
		assertThat(handle.release()).isTrue();
		this.time.advance(Duration.ofMillis(6999));
		assertThat(isFree()).isFalse();
		this.time.advance(Duration.ofMillis(1));
		LockHandle notReleased = hold(this.others, spec);
		this.time.advance(Duration.ofSeconds(4));
		assertThat(notReleased.state()).isEqualTo(LockState.LOST);
		hold(this.locks).close();
	}

	@Test
	void eachOfSeveralLocksIsKept() {
		hold(this.locks, LockSpec.ofAll("a", "b").withMinHoldTime(TEN)).close();
		for (String name : List.of("a", "b")) {
			assertThatExceptionOfType(LockNotAcquiredException.class)
				.isThrownBy(() -> now(ask(this.others, LockSpec.of(name).withoutWaiting())));
		}
		this.time.advance(TEN);
		hold(this.others, LockSpec.ofAll("a", "b")).close();
	}

	@Test
	void whatNobodyUsedIsNotKept() {
		LockHandle b = hold(this.others, LockSpec.of("b"));
		LockSpec both = LockSpec.ofAll("a", "b").withMinHoldTime(TEN);
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(ask(this.locks, both.withoutWaiting())));
		hold(this.others, LockSpec.of("a")).close();
		CompletableFuture<LockHandle> cancelled = ask(this.locks, both.withUnboundedWait());
		cancelled.cancel(false);
		hold(this.others, LockSpec.of("a")).close();
		b.close();
	}

	@Test
	void aGrantThatComesAfterTheCancellationIsNotKept() {
		this.backend.network = FlakyBackendFactory.Network.HOLDS_ANSWERS;
		CompletableFuture<LockHandle> future = ask(this.locks, KEPT);
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		future.cancel(false);
		this.backend.deliver(this.backend.heldAnswers);
		assertThat(isFree()).isTrue();
	}

	@Test
	void aReleaseThatIsRepeatedKeepsTheLockForWhatIsLeftThen() {
		LockHandle handle = hold(this.locks, KEPT);
		this.time.advance(Duration.ofSeconds(3));
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		assertThatExceptionOfType(LockBackendException.class).isThrownBy(handle::release);
		this.time.advance(Duration.ofSeconds(2));
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofMillis(4999));
		assertThat(isFree()).isFalse();
		this.time.advance(Duration.ofMillis(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void whoIsRefusedReadsHowLongItIsTaken() {
		hold(this.locks, KEPT).close();
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(ask(this.others, SPEC.withoutWaiting())))
			.withMessage("Lock 'invoice:42' not acquired at the first try: taken for another 10s, for its minimum hold "
					+ "time or by a holder that is not known, 0 other callers wait here");
	}

	@Test
	void aRegistryThatStopsLeavesItKept() {
		hold(this.locks, KEPT).close();
		this.locks.close();
		// the clock of both registries stands still after this
		assertThat(isFree()).isFalse();
	}

	@Test
	void aDroppedHandleIsKeptAsWell() {
		LockHandle handle = hold(this.locks, KEPT);
		((SingleHandle) handle).share().releaseDropped();
		assertThatItIsFreeAfterTenSeconds();
	}

}
