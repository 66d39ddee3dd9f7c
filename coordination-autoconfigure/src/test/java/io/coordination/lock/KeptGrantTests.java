package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Minimum hold times in a store of sessions, which keeps nothing for nobody: there the
 * process stays the owner for the rest of the time.
 */
class KeptGrantTests extends EngineFixture {

	private static final LockSpec KEPT = SPEC.withMinHoldTime(Duration.ofSeconds(10));

	@BeforeEach
	void grantLeasesOfASession() {
		this.backend.session = Duration.ofSeconds(10);
		this.locks.stop(Duration.ZERO);
		this.locks.start();
	}

	@Test
	void aLockThatIsReleasedSoonerStaysTakenForTheRest() {
		LockHandle handle = hold(this.locks, KEPT);
		this.time.advance(Duration.ofSeconds(3));
		assertThat(handle.release()).isTrue();
		assertThat(handle.state()).isEqualTo(LockState.RELEASED);
		assertThat(this.locks.held()).isEmpty();
		this.time.advance(Duration.ofMillis(6999));
		assertThat(isFree()).isFalse();
		this.time.advance(Duration.ofMillis(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void callersOfThisProcessWaitInTheStoresQueue() {
		LockHandle handle = hold(this.locks, KEPT);
		List<CompletableFuture<LockHandle>> waiting = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			waiting.add(ask(this.locks, SPEC.withUnboundedWait()));
		}
		int before = this.backend.requests.get();
		handle.close();
		this.time.advance(Duration.ofMillis(9999));
		assertThat(waiting).noneMatch(CompletableFuture::isDone);
		assertThat(this.backend.requests.get() - before).as("requests in ten seconds").isLessThan(45);
		this.time.advance(Duration.ofMillis(1));
		for (CompletableFuture<LockHandle> next : waiting) {
			now(next).close();
		}
		assertThat(isFree()).isTrue();
	}

	@Test
	void aLockThatTheStoreDoesNotKnowAnyMoreIsLostAndNotKept() {
		LockHandle handle = hold(this.locks, KEPT);
		this.backend.forget(this.locks.held().iterator().next());
		LockHandle other = hold(this.others);
		assertThat(handle.release()).isFalse();
		int before = this.backend.requests.get();
		this.time.advance(Duration.ofSeconds(11));
		assertThat(this.backend.requests).hasValue(before);
		assertThat(other.release()).isTrue();
	}

	@Test
	void aStoreThatCannotBeAskedIsReportedAndTheLockIsReleasedLater() {
		LockHandle handle = hold(this.locks, KEPT);
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		assertThatExceptionOfType(LockBackendException.class).isThrownBy(handle::release)
			.withMessageStartingWith(
					"Lock 'invoice:42' could not be released now; it is tried again in the background");
		this.time.advance(Duration.ofSeconds(9));
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		assertThat(isFree()).isFalse();
		this.time.advance(Duration.ofSeconds(1));
		assertThat(isFree()).isTrue();
	}

	@Test
	void aRegistryThatStopsFreesIt() {
		hold(this.locks, KEPT).close();
		assertThat(isFree()).isFalse();
		this.locks.close();
		assertThat(isFree()).isTrue();
	}

	@Test
	void aLockThatIsReleasedWhileTheRegistryStopsIsFreeAtOnce() throws Exception {
		LockHandle handle = hold(this.locks, KEPT);
		CompletableFuture<LockHandle> waiting = ask(this.locks, SPEC.withUnboundedWait());
		CompletableFuture<Void> stopping = CompletableFuture.runAsync(() -> this.locks.stop(Duration.ofSeconds(30)));
		assertThatExceptionOfType(LockRegistryStoppedException.class).isThrownBy(() -> now(waiting));
		assertThat(handle.release()).isTrue();
		now(stopping);
		assertThat(isFree()).isTrue();
	}

	@Test
	void aReleaseThatMeetsTheStopLeavesNothingBehind() throws Exception {
		AtomicReference<@Nullable Thread> stopping = new AtomicReference<>();
		FlakyBackendFactory sessions = new FlakyBackendFactory(this.store);
		sessions.session = Duration.ofSeconds(10);
		HookedTime meeting = new HookedTime(new ManualTime());
		try (ManagedLockRegistry registry = builder(sessions).time(() -> meeting).build()) {
			LockHandle handle = hold(registry, KEPT);
			meeting.when(KeptGrants.class, "keep", () -> {
				Thread stop = new Thread(() -> registry.stop(Duration.ZERO), "stop");
				stopping.set(stop);
				stop.start();
				Awaitility.await().until(() -> stop.getState() == Thread.State.TIMED_WAITING);
				assertThat(registry.isRunning()).isFalse();
			});
			handle.releaseAsync();
			Thread stop = stopping.get();
			assertThat(stop).isNotNull();
			stop.join();
		}
		assertThat(isFree()).isTrue();
	}

}
