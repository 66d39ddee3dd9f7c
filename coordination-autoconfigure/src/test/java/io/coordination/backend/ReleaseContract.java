package io.coordination.backend;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Sentences about locks that are given up.
 */
public abstract class ReleaseContract extends RenewalContract {

	@Test
	final void releaseFreesTheKey() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease)).isTrue();
		assertThat(a.renew(lease, ContractClient.LONG)).isFalse();
		client().acquire(request(key()));
	}

	@Test
	final void releaseTwiceIsHarmless() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease)).isTrue();
		assertThat(a.release(lease)).isFalse();
		client().acquire(request(key()));
		assertThat(a.release(lease)).isFalse();
		a.refused(request(key()));
	}

	@Test
	final void releaseAfterExpiryIsRefused() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key(), shortLease()));
		die(a, shortLease());
		assertThat(a.release(lease)).isFalse();
	}

	@Test
	final void staleReleaseDoesNotFreeTheNewHolder() {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease old = a.acquire(request(key(), shortLease()));
		die(a, shortLease());
		BackendLease held = b.acquire(request(key()));
		assertThat(a.release(old)).isFalse();
		assertThat(a.release(old, shortKeep(a))).isFalse();
		assertThat(b.holds(held)).isTrue();
		passWhole(shortLease());
		assertThat(b.holds(held)).isTrue();
		a.refused(request(key()));
	}

	@Test
	final void keptKeyIsTakenByNobody() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("no key is kept for nobody").isEqualTo(BackendTraits.Expiry.LEASE);
		LockRequest request = request(key());
		BackendLease lease = a.acquire(request);
		assertThat(a.release(lease, ContractClient.LONG)).isTrue();
		assertThat(a.holds(lease)).isFalse();
		assertThat(a.release(lease)).isFalse();
		assertThat(a.withdraw(request)).isFalse();
		assertThat(a.refused(request(key())).holder()).isNull();
		client().refused(request(key()));
		a.refused(request);
	}

	@Test
	final void keptKeyIsFreeWhenItsTimeIsOver() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("no key is kept for nobody").isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease, shortLease())).isTrue();
		passWhole(shortLease());
		assertThat(client().acquire(request(key())).revision()).isGreaterThan(lease.revision());
	}

	@Test
	final void keptKeyOutlastsTheLease() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("no key is kept for nobody").isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease lease = a.acquire(request(key(), shortLease()));
		assertThat(a.release(lease, ContractClient.LONG)).isTrue();
		passWhole(shortLease());
		client().refused(request(key()));
	}

	@Test
	final void keptKeyIsNotKeptAnewByALateRelease() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("no key is kept for nobody").isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease, shortLease())).isTrue();
		assertThat(a.release(lease, ContractClient.LONG)).isFalse();
		passWhole(shortLease());
		client().acquire(request(key()));
	}

	@Test
	final void refusalOfAKeptKeySaysHowLongItIsKept() {
		assumeThat(tellsWhyBusy()).as("a refusal does not say what stands in the way").isTrue();
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key(), shortLease()));
		assertThat(a.release(lease, ContractClient.LONG)).isTrue();
		Attempt.Busy busy = client().refused(request(key()));
		assertThat(busy.revision()).isEqualTo(lease.revision());
		assertThat(busy.remaining()).isBetween(ContractClient.LONG.minusSeconds(30), ContractClient.LONG);
	}

}
