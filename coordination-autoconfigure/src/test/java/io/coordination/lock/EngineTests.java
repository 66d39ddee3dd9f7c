package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The engine on the memory backend, in manual time: what everybody expects of a lock.
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
	void aDeadHoldersLockIsTakenWhenItsLeaseEnds() {
		LockHandle other = hold(this.others);
		this.otherBackend.network = FlakyBackendFactory.Network.DOWN;
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC.withUnboundedWait());
		this.time.advance(LEASE.minusMillis(1));
		assertNothingIsHeld(this.locks);
		this.time.advance(Duration.ofMillis(10));
		assertThat(now(future).fencingToken()).isGreaterThan(other.fencingToken());
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
