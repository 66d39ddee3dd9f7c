package io.coordination.backend;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Sentences about owners that hold a lock.
 */
public abstract class LeaseContract extends ContractFixture {

	private static final long REVISIONS = 1L << 53;

	@Test
	final void traitsAreSound() {
		LockBackendFactory factory = newFactory();
		LockBackend backend = client().backend();
		BackendTraits traits = backend.traits();
		assertThat(traits).isEqualTo(backend.traits());
		assertThat(traits.id()).isEqualTo(factory.id()).matches("[a-z][a-z0-9-]*");
		assertThat(traits.minLease()).isPositive().isLessThanOrEqualTo(shortLease());
		assertThat(traits.requestTimeout()).isPositive();
		assertThat(traits.pollInterval()).isPositive();
	}

	@Test
	final void storeIsFitForLocks() {
		assertThat(ContractClient.answer(client().backend().check())).isEmpty();
	}

	@Test
	final void freeKeyIsGranted() {
		LockRequest request = request(key());
		BackendLease lease = client().acquire(request);
		assertThat(lease.key()).isEqualTo(request.key());
		assertThat(lease.owner()).isEqualTo(request.owner());
		assertThat(lease.revision()).isPositive().isLessThan(REVISIONS);
	}

	@Test
	final void keyHeldByAnotherIsRefused() {
		ContractClient a = client();
		a.acquire(request(key()));
		a.refused(request(key()));
		client().refused(request(key()));
	}

	@Test
	final void refusalSaysWhichGrantStandsInTheWay() {
		assumeThat(tellsWhyBusy()).as("a refusal does not say what stands in the way").isTrue();
		BackendLease held = client().acquire(request(key()));
		Attempt.Busy busy = client().refused(request(key()));
		assertThat(busy.revision()).isEqualTo(held.revision());
		assertThat(busy.holder()).isEqualTo(held.owner().value());
	}

	@Test
	final void refusalSaysHowLongTheLeaseStillRuns() {
		assumeThat(tellsWhyBusy()).as("a refusal does not say what stands in the way").isTrue();
		client().acquire(request(key()));
		passTime(Duration.ofMillis(200));
		Attempt.Busy busy = client().refused(request(key()));
		assertThat(busy.remaining()).isBetween(ContractClient.LONG.minusSeconds(30),
				ContractClient.LONG.minusMillis(199));
	}

	@Test
	final void refusedOwnerJoinsNoQueue() {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		a.refused(request(key()));
		assertThat(a.release(held)).isTrue();
		client().acquire(request(key()));
	}

	@Test
	final void keysAreIndependent() {
		ContractClient a = client();
		BackendLease first = a.acquire(request(key("first")));
		ContractClient b = client();
		BackendLease second = b.acquire(request(key("second")));
		assertThat(a.release(first)).isTrue();
		assertThat(b.holds(second)).isTrue();
		a.refused(request(key("second")));
	}

	@Test
	final void sameOwnerIsGrantedAgainUnderTheSameRevision() {
		ContractClient a = client();
		LockRequest request = request(key());
		long revision = a.acquire(request).revision();
		a.acquire(request(key("other")));
		assertThat(a.acquire(request).revision()).isEqualTo(revision);
		assertThat(a.enqueue(request).poll()).extracting(ContractClient::granted)
			.extracting(BackendLease::revision)
			.isEqualTo(revision);
	}

	@Test
	final void repeatedAcquireArmsTheLeaseAnew() {
		ContractClient a = client();
		LockRequest request = request(key(), shortLease());
		a.acquire(request);
		BackendLease lease = a.acquire(again(request, ContractClient.LONG));
		passWhole(shortLease());
		client().refused(request(key()));
		assertThat(a.holds(lease)).isTrue();
	}

	@Test
	final void repeatedAcquireDoesNotShortenTheLease() {
		ContractClient a = client();
		LockRequest request = request(key());
		BackendLease lease = a.acquire(request);
		a.acquire(again(request, shortLease()));
		ContractClient.granted(a.enqueue(again(request, shortLease())).poll());
		passWhole(shortLease());
		client().refused(request(key()));
		assertThat(a.holds(lease)).isTrue();
	}

	@Test
	final void answerMayBeFollowedByARequestFromItsOwnThread() {
		LockBackend backend = client().backend();
		LockRequest request = request(key());
		CompletionStage<Boolean> released = backend.tryAcquire(request)
			.thenCompose((attempt) -> backend.tryAcquire(request))
			.thenCompose((attempt) -> backend.release(ContractClient.granted(attempt), Duration.ZERO));
		assertThat(ContractClient.answer(released)).isTrue();
	}

	@Test
	final void revisionGrowsWithEveryGrant() {
		ContractClient a = client();
		ContractClient b = client();
		long before = 0;
		for (int i = 0; i < 10; i++) {
			ContractClient client = (i % 3 == 0) ? a : b;
			BackendLease lease = client.acquire(request(key()));
			assertThat(lease.revision()).isGreaterThan(before);
			before = lease.revision();
			assertThat(client.release(lease)).isTrue();
		}
	}

	@Test
	final void revisionGrowsAfterExpiry() {
		ContractClient a = client();
		BackendLease first = a.acquire(request(key(), shortLease()));
		die(a, shortLease());
		BackendLease second = client().acquire(request(key()));
		assertThat(second.revision()).isGreaterThan(first.revision());
	}

	@Test
	final void revisionGrowsForAnOwnerWhoseLeaseHadEnded() {
		ContractClient a = client();
		LockRequest request = request(key(), shortLease());
		BackendLease first = a.acquire(request);
		die(a, shortLease());
		assertThat(a.acquire(request).revision()).isGreaterThan(first.revision());
	}

	@Test
	final void leaseEndsOnItsOwn() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key(), shortLease()));
		die(a, shortLease());
		assertThat(a.holds(lease)).isFalse();
		client().acquire(request(key()));
	}

	@Test
	final void shortestAndLongestLeaseAreGranted() {
		ContractClient a = client();
		Duration shortest = a.backend().traits().minLease();
		ContractClient b = client();
		b.acquire(request(key("shortest"), shortest));
		BackendLease longest = a.acquire(request(key("longest"), Duration.ofDays(1)));
		die(b, shortest);
		client().acquire(request(key("shortest")));
		assertThat(a.renew(longest, Duration.ofDays(1))).isTrue();
		client().refused(request(key("longest")));
	}

	@Test
	final void leaseDoesNotEndBefore() {
		ContractClient a = client();
		long start = System.nanoTime();
		BackendLease lease = a.acquire(request(key(), shortLease()));
		passTime(shortLease().dividedBy(2));
		boolean held = a.holds(lease);
		Attempt attempt = client().tryAcquire(request(key()));
		assumeThat(Duration.ofNanos(System.nanoTime() - start)).as("this machine was slow").isLessThan(shortLease());
		assertThat(held).isTrue();
		ContractClient.busy(attempt);
	}

}
