package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockReleased;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Two threads at the handles of one hold at the same time.
 */
class RetainRaceTests extends EngineFixture {

	private static final int ROUNDS = 10_000;

	private final ExecutorService other = Executors.newSingleThreadExecutor();

	/** How many of both threads have come to the start of all rounds so far. */
	private final AtomicInteger arrivals = new AtomicInteger();

	@AfterEach
	void stopThread() {
		this.other.shutdownNow();
	}

	@Test
	void ofTheLastTwoReleasesExactlyOneReachesTheStore() throws Exception {
		for (int i = 0; i < ROUNDS; i++) {
			LockHandle first = now(ask(this.locks, SPEC));
			LockHandle second = first.retain();
			int before = this.backend.requests.get();
			Future<Boolean> released = together(second::release);
			assertThat(mine(i, first::release)).as("round %d", i).isTrue();
			assertThat(released.get(10, TimeUnit.SECONDS)).as("round %d", i).isTrue();
			assertThat(this.backend.requests.get() - before).as("requests in round %d", i).isOne();
			assertThat(this.events).filteredOn(LockReleased.class::isInstance).as("round %d", i).hasSize(1);
			this.events.clear();
		}
		assertThat(isFree()).isTrue();
	}

	@Test
	void sharesThatComeAndGoOnSeveralThreadsAreAllCounted() throws Exception {
		Hold hold = ((SingleHandle) hold(this.locks)).share().hold();
		CyclicBarrier start = new CyclicBarrier(2);
		Future<Boolean> theirs = this.other.submit(() -> {
			start.await();
			return comeAndGo(hold);
		});
		start.await();
		assertThat(comeAndGo(hold)).isTrue();
		assertThat(theirs.get(10, TimeUnit.SECONDS)).isTrue();
		assertThat(hold.unshare()).as("the last").isTrue();
		assertThat(hold.share()).isFalse();
	}

	private static boolean comeAndGo(Hold hold) {
		boolean right = true;
		for (int i = 0; i < 200_000; i++) {
			right &= hold.share();
			right &= !hold.unshare();
		}
		return right;
	}

	@Test
	void aReleaseInTheMiddleOfAnotherIsAnsweredAsEachOfThemAlone() {
		HookedTime meeting = new HookedTime(this.time);
		try (ManagedLockRegistry registry = builder(this.backend).time(() -> meeting).build()) {
			LockHandle first = hold(registry);
			LockHandle second = first.retain();
			AtomicBoolean met = new AtomicBoolean();
			meeting.when(Share.class, "release", () -> met.set(second.release()));
			assertThat(first.release()).isTrue();
			assertThat(met).isTrue();
			assertThat(first.state()).isEqualTo(LockState.RELEASED);
			assertThat(second.state()).isEqualTo(LockState.RELEASED);
			assertThat(isFree()).isTrue();
		}
	}

	@Test
	void whoRetainsInTheMiddleOfTheLastReleaseIsRefused() {
		HookedTime meeting = new HookedTime(this.time);
		try (ManagedLockRegistry registry = builder(this.backend).time(() -> meeting).build()) {
			LockHandle last = hold(registry);
			AtomicBoolean met = new AtomicBoolean();
			meeting.when(Hold.class, "end", () -> {
				assertThatExceptionOfType(LockLostException.class).isThrownBy(last::retain)
					.withMessage("Lock 'invoice:42' is not held: it was released before");
				met.set(true);
			});
			assertThat(last.release()).isTrue();
			assertThat(met).isTrue();
			assertThat(isFree()).isTrue();
		}
	}

	@Test
	void whoRetainsWhileTheLastHandleIsReleasedHoldsTheLockOrIsRefused() throws Exception {
		int retained = 0;
		int refused = 0;
		for (int i = 0; i < ROUNDS; i++) {
			LockHandle first = now(ask(this.locks, SPEC));
			Future<@Nullable LockHandle> retaining = together(() -> retained(first));
			assertThat(mine(i, first::release)).isTrue();
			LockHandle handle = retaining.get(10, TimeUnit.SECONDS);
			this.events.clear();
			if (handle != null) {
				retained++;
				assertThat(handle.state()).as("round %d", i).isEqualTo(LockState.HELD);
				assertThat(isFree()).as("round %d", i).isFalse();
				assertThat(handle.release()).isTrue();
			}
			else {
				refused++;
			}
			assertThat(isFree()).as("round %d", i).isTrue();
		}
		assertThat(retained).isPositive();
		assertThat(refused).isPositive();
	}

	@Test
	void aHandleThatWasSeenLostIsNotReleasedAfterwards() throws Exception {
		int lost = 0;
		int released = 0;
		for (int i = 0; i < ROUNDS; i++) {
			LockHandle first = now(ask(this.locks, SPEC.withMaxHoldTime(Duration.ofMillis(1))));
			LockHandle second = first.retain();
			Future<LockState> seen = together(() -> {
				this.time.shift(Duration.ofMillis(1));
				return first.state();
			});
			boolean ours = mine(i, first::release);
			LockState state = seen.get(10, TimeUnit.SECONDS);
			assertThat(ours).as("round %d", i).isEqualTo(first.state() == LockState.RELEASED);
			if (state == LockState.LOST) {
				lost++;
				assertThat(first.state()).as("round %d", i).isEqualTo(LockState.LOST);
			}
			else {
				released++;
			}
			second.close();
			this.events.clear();
		}
		assertThat(lost).isPositive();
		assertThat(released).isPositive();
	}

	private static @Nullable LockHandle retained(LockHandle handle) {
		try {
			return handle.retain();
		}
		catch (LockLostException ex) {
			return null;
		}
	}

	private <T extends @Nullable Object> Future<T> together(Callable<T> action) {
		return this.other.submit(() -> {
			arrive();
			return action.call();
		});
	}

	/**
	 * Does this thread's part, a little later from round to round.
	 */
	private <T> T mine(int round, Callable<T> action) throws Exception {
		arrive();
		for (int spin = round % 64; spin > 0; spin--) {
			Thread.onSpinWait();
		}
		return action.call();
	}

	/**
	 * Waits without parking at first, so that both go on in the same moment, if there is
	 * a processor for each.
	 */
	private void arrive() {
		int all = (this.arrivals.getAndIncrement() / 2 + 1) * 2;
		for (int spins = 0; this.arrivals.get() < all; spins++) {
			if (spins < 1000) {
				Thread.onSpinWait();
			}
			else {
				LockSupport.parkNanos(1);
			}
		}
	}

}
