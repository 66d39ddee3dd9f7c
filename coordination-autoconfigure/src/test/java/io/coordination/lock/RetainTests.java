package io.coordination.lock;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockReleased;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Several handles of one hold: the lock is given up with the last of them.
 */
class RetainTests extends EngineFixture {

	@Test
	void theLockIsGivenUpWhenAllHandlesWereReleasedInAnyOrder() {
		for (List<Integer> order : List.of(List.of(0, 1, 2), List.of(2, 1, 0), List.of(1, 2, 0))) {
			LockHandle first = hold(this.locks);
			LockHandle second = first.retain();
			List<LockHandle> handles = List.of(first, second, second.retain());
			assertThat(handles.get(order.get(0)).release()).isTrue();
			assertThat(isFree()).isFalse();
			assertThat(handles.get(order.get(1)).release()).isTrue();
			assertThat(isFree()).isFalse();
			assertThat(handles.get(order.get(2)).release()).isTrue();
			assertThat(isFree()).isTrue();
		}
	}

	@Test
	void aRetainedHandleIsOneOfTheSameHolderAndCostsNoRequest() {
		LockHandle first = hold(this.locks);
		int before = this.backend.requests.get();
		LockHandle second = first.retain();
		assertThat(second.fencingToken()).isEqualTo(first.fencingToken());
		assertThat(second.names()).isEqualTo(first.names());
		assertThat(first.release()).isTrue();
		assertThat(now(second.retain().releaseAsync())).isTrue();
		assertThat(this.backend.requests).hasValue(before);
		assertThat(this.events).noneMatch(LockReleased.class::isInstance);
		assertThat(second.release()).isTrue();
		assertThat(this.events).filteredOn(LockReleased.class::isInstance).hasSize(1);
	}

	@Test
	void anyThreadReleases() {
		LockHandle first = hold(this.locks);
		LockHandle second = first.retain();
		assertThat(now(CompletableFuture.supplyAsync(first::release))).isTrue();
		assertThat(isFree()).isFalse();
		assertThat(now(CompletableFuture.supplyAsync(second::release))).isTrue();
		assertThat(isFree()).isTrue();
	}

	@Test
	void aSecondReleaseOfOneHandleTakesNothingFromTheOther() {
		LockHandle first = hold(this.locks);
		LockHandle second = first.retain();
		assertThat(first.release()).isTrue();
		assertThat(first.release()).isTrue();
		first.close();
		assertThat(second.state()).isEqualTo(LockState.HELD);
		assertThat(isFree()).isFalse();
		assertThat(second.release()).isTrue();
		assertThat(isFree()).isTrue();
	}

	@Test
	void aHandleThatWasReleasedHoldsNothingWhileOthersDo() {
		LockHandle first = hold(this.locks);
		LockHandle second = first.retain();
		first.close();
		assertThat(first.state()).isEqualTo(LockState.RELEASED);
		assertThat(first.remainingValidity()).isZero();
		assertThat(now(first.verify())).isFalse();
		assertThatExceptionOfType(LockLostException.class).isThrownBy(first::ensureHeld)
			.withMessage("Lock 'invoice:42' is not held: it was released before");
		assertThatExceptionOfType(LockLostException.class).isThrownBy(first::leases);
		assertThatExceptionOfType(LockLostException.class).isThrownBy(first::retain)
			.withMessage("Lock 'invoice:42' is not held: it was released before");
		assertThat(second.state()).isEqualTo(LockState.HELD);
		assertThat(second.remainingValidity()).isPositive();
		assertThat(now(second.verify())).isTrue();
		second.close();
		assertThat(isFree()).isTrue();
		assertThatExceptionOfType(LockLostException.class).isThrownBy(second::retain);
	}

	@Test
	void aLossIsSeenByAllThatWereNotReleased() {
		LockHandle first = hold(this.locks);
		LockHandle second = first.retain();
		LockHandle released = first.retain();
		List<String> told = new CopyOnWriteArrayList<>();
		first.onLost((loss) -> told.add("first"));
		second.onLost((loss) -> told.add("second"));
		released.onLost((loss) -> told.add("released"));
		released.close();
		this.time.pause(LEASE.plusSeconds(1));
		assertThat(first.state()).isEqualTo(LockState.LOST);
		assertThat(second.state()).isEqualTo(LockState.LOST);
		assertThat(released.state()).isEqualTo(LockState.RELEASED);
		released.onLost((loss) -> told.add("released"));
		Awaitility.await().until(() -> told.size() == 2);
		second.onLost((loss) -> told.add("late"));
		Awaitility.await().until(() -> told.size() == 3);
		assertThat(told).containsExactlyInAnyOrder("first", "second", "late");
	}

	@Test
	void aLostLockIsNotRetained() {
		LockHandle first = hold(this.locks);
		LockHandle second = first.retain();
		this.time.pause(LEASE.plusSeconds(1));
		assertThatExceptionOfType(LockLostException.class).isThrownBy(first::retain)
			.withMessageStartingWith("Lock 'invoice:42' lost: not renewed for 31s");
		assertThat(first.release()).isFalse();
		assertThat(first.state()).isEqualTo(LockState.LOST);
		assertThat(second.release()).isFalse();
		assertThat(second.state()).isEqualTo(LockState.LOST);
		assertThat(isFree()).isTrue();
		assertThat(((DefaultLockRegistry) this.locks).gateCount()).isZero();
	}

	@Test
	void aLossThatTheLastReleaseFindsIsToldToItsHandle() {
		LockHandle first = hold(this.locks);
		LockHandle second = first.retain();
		List<String> told = new CopyOnWriteArrayList<>();
		first.onLost((loss) -> told.add("first"));
		second.onLost((loss) -> told.add("second"));
		this.backend.forget(this.locks.held().iterator().next());
		assertThat(first.release()).as("by the local clock").isTrue();
		assertThat(second.release()).isFalse();
		Awaitility.await().until(() -> !told.isEmpty());
		assertThat(told).containsExactly("second");
	}

	@Test
	void aWaiterIsHandedTheLockByTheLastRelease() {
		LockHandle first = hold(this.locks);
		LockHandle second = first.retain();
		CompletableFuture<LockHandle> next = ask(this.locks, SPEC);
		first.close();
		assertThat(this.locks.held()).singleElement()
			.satisfies((held) -> assertThat(held.fencingToken()).isEqualTo(first.fencingToken()));
		assertThat(next).isNotDone();
		second.close();
		assertThat(now(next).fencingToken()).isEqualTo(first.fencingToken() + 1);
	}

	@Test
	void theMinimumHoldTimeIsThatOfTheHold() {
		LockHandle first = hold(this.locks, SPEC.withMinHoldTime(Duration.ofSeconds(10)));
		LockHandle second = first.retain();
		first.close();
		this.time.advance(Duration.ofSeconds(9));
		second.close();
		assertThat(isFree()).isFalse();
		this.time.advance(Duration.ofSeconds(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void severalLocksAreRetainedTogether() {
		LockSpec spec = LockSpec.ofAll("a", "b");
		LockHandle first = hold(this.locks, spec);
		LockHandle second = first.retain();
		assertThat(second.fencingTokens()).isEqualTo(first.fencingTokens());
		first.close();
		assertThat(first.state()).isEqualTo(LockState.RELEASED);
		assertThat(second.state()).isEqualTo(LockState.HELD);
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> now(ask(this.others, LockSpec.of("a").withoutWaiting())));
		assertThat(second.release()).isTrue();
		hold(this.others, spec).close();
	}

	@Test
	void ofSeveralLocksNoneIsRetainedIfOneIsLost() {
		LockHandle both = hold(this.locks, LockSpec.ofAll("a", "b"));
		this.locks.held().stream().filter((lock) -> lock.name().equals("b")).forEach(this.backend::forget);
		this.time.advance(Duration.ofSeconds(11));
		assertThatExceptionOfType(LockLostException.class).isThrownBy(both::retain)
			.withMessageStartingWith("Lock 'b' lost");
		both.close();
		hold(this.others, LockSpec.of("a")).close();
	}

	@Test
	void whatAnInnerCallRetainsOutlivesTheOuterOne() throws InterruptedException {
		LockHandle retained = this.locks.execute(SPEC, (outer) -> this.locks.execute(SPEC, (inner) -> inner.retain()));
		assertThat(retained.state()).isEqualTo(LockState.HELD);
		assertThat(isFree()).isFalse();
		assertThatExceptionOfType(LockNotAcquiredException.class).as("the thread is not inside any more")
			.isThrownBy(() -> this.locks.execute(SPEC.withoutWaiting(), (lock) -> null));
		assertThat(retained.release()).isTrue();
		assertThat(isFree()).isTrue();
	}

	@Test
	void withAsynchronousReleaseTheAnswersAreTheSame() {
		try (ManagedLockRegistry async = builder(this.backend).asyncRelease(true).build()) {
			LockHandle first = hold(async);
			LockHandle second = first.retain();
			assertThat(first.release()).isTrue();
			assertThat(isFree()).isFalse();
			assertThat(second.release()).isTrue();
			assertThat(isFree()).isTrue();
			LockHandle lost = hold(async);
			LockHandle retained = lost.retain();
			this.time.pause(LEASE.plusSeconds(1));
			assertThat(lost.release()).isFalse();
			assertThat(retained.release()).isFalse();
		}
	}

	@Test
	void aRetainedHandleThatWasDroppedIsReleased() {
		LockHandle first = hold(this.locks);
		first.retain();
		first.close();
		assertThat(isFree()).isFalse();
		untilFree();
	}

	@Test
	void aHandleThatWasDroppedTakesNothingFromTheOneThatWasRetained() {
		LockHandle retained = now(ask(this.locks, SPEC)).retain();
		for (int i = 0; i < 5; i++) {
			System.gc();
			this.time.advance(Duration.ofMillis(500));
		}
		assertThat(isFree()).isFalse();
		assertThat(retained.release()).isTrue();
		untilFree();
	}

	private void untilFree() {
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
			System.gc();
			this.time.advance(Duration.ofMillis(500));
			return isFree();
		});
	}

}
