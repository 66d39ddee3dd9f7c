package io.coordination.lock;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Leases that live as long as a session of ten seconds with the store, whatever lease was
 * asked for.
 */
class SessionLeaseTests extends EngineFixture {

	private static final Duration SESSION = Duration.ofSeconds(10);

	@BeforeEach
	void grantLeasesOfASession() {
		this.backend.session = SESSION;
	}

	@Test
	void aLeaseIsNotReliedOnForLongerThanItsSession() {
		LockHandle handle = hold(this.locks);
		assertThat(handle.remainingValidity()).isBetween(SESSION.minusMillis(200), SESSION.minusMillis(100));
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		this.time.advance(SESSION.dividedBy(2).plusMillis(1));
		assertThat(handle.state()).isEqualTo(LockState.UNCERTAIN);
		this.time.advance(SESSION.dividedBy(2).minusMillis(2));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThatExceptionOfType(LockLostException.class).isThrownBy(handle::ensureHeld)
			.withMessageStartingWith("Lock 'invoice:42' lost: not renewed for 9");
		assertThat(isFree()).isFalse();
	}

	@Test
	void aLeaseIsConfirmedForAsLongAsItIsHeld() {
		LockHandle handle = hold(this.locks);
		this.time.advance(Duration.ofMinutes(10));
		assertThat(handle.state()).isEqualTo(LockState.HELD);
		assertThat(handle.remainingValidity()).isBetween(SESSION.dividedBy(2), SESSION);
	}

	@Test
	void aConfirmationIsReliedOnForNoLongerThanTheSession() {
		LockHandle handle = hold(this.locks);
		this.time.advance(Duration.ofSeconds(2));
		assertThat(now(handle.verify())).isTrue();
		assertThat(handle.remainingValidity()).isBetween(SESSION.minusMillis(200), SESSION.minusMillis(100));
	}

	@Test
	void aLeaseShorterThanTheSessionStaysAsItWasAskedFor() {
		LockHandle handle = hold(this.locks, SPEC.withLeaseTime(Duration.ofSeconds(3)));
		assertThat(handle.remainingValidity()).isBetween(Duration.ofMillis(2900), Duration.ofSeconds(3));
	}

	@Test
	void withoutRenewalALeaseIsConfirmedUpToItsEnd() {
		LockHandle handle = now(ask(this.locks, SPEC.withRenewal(false)));
		this.time.advance(LEASE.minusSeconds(1));
		assertThat(handle.state()).isEqualTo(LockState.HELD);
		this.time.advance(Duration.ofSeconds(1));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThatExceptionOfType(LockLostException.class).isThrownBy(handle::ensureHeld)
			.withMessageStartingWith("Lock 'invoice:42' lost: its lease of 30s ended, and renewal is off");
	}

	@Test
	void withoutRenewalALeaseThatCannotBeConfirmedIsLostBeforeItsEnd() {
		LockHandle handle = now(ask(this.locks, SPEC.withRenewal(false)));
		this.time.advance(Duration.ofSeconds(5));
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		this.time.advance(Duration.ofSeconds(5));
		assertThat(handle.state()).isEqualTo(LockState.UNCERTAIN);
		this.time.advance(Duration.ofSeconds(4));
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		assertThatExceptionOfType(LockLostException.class).isThrownBy(handle::ensureHeld)
			.withMessageContaining("not renewed");
	}

	@Test
	void aPushedLeaseIsCountedFromTheLastBusyPollAndCutShort() {
		this.backend.session = Duration.ofSeconds(2);
		LockHandle other = hold(this.others);
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		this.time.advance(Duration.ofMillis(400));
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		other.close();
		assertThat(now(future).remainingValidity()).isLessThanOrEqualTo(Duration.ofMillis(1600));
	}

	@Test
	void aRotatedLeaseIsCutShort() {
		LockHandle handle = hold(this.locks, SPEC.withLeaseTime(Duration.ofMinutes(1)));
		CompletableFuture<LockHandle> future = ask(this.locks, SPEC);
		handle.close();
		assertThat(now(future).remainingValidity()).isBetween(SESSION.minusMillis(200), SESSION.minusMillis(100));
	}

	@Test
	void aReleaseIsRepeatedUntilItIsConfirmed() {
		ManagedLockRegistry registry = builder(this.backend).build();
		try (registry) {
			LockHandle handle = hold(registry);
			this.time.advance(LEASE);
			this.backend.network = FlakyBackendFactory.Network.DOWN;
			CompletableFuture<Boolean> released = handle.releaseAsync().toCompletableFuture();
			this.time.advance(LEASE.multipliedBy(3));
			assertThat(released).failsWithin(Duration.ofSeconds(10));
			int before = this.backend.requests.get();
			this.time.advance(Duration.ofSeconds(10));
			assertThat(this.backend.requests.get()).isGreaterThan(before + 5);
			this.backend.network = FlakyBackendFactory.Network.GOOD;
			this.time.advance(Duration.ofSeconds(1));
			before = this.backend.requests.get();
			this.time.advance(Duration.ofSeconds(10));
			assertThat(this.backend.requests.get()).isEqualTo(before);
		}
	}

}
