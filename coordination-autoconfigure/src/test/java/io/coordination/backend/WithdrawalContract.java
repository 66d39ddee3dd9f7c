package io.coordination.backend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Sentences about owners that want the lock no more.
 */
public abstract class WithdrawalContract extends PushContract {

	@Test
	final void withdrawalOfAHolderFreesTheKey() {
		ContractClient a = client();
		LockRequest request = request(key());
		BackendLease lease = a.acquire(request);
		assertThat(a.withdraw(request)).isTrue();
		assertThat(a.holds(lease)).isFalse();
		assertThat(a.withdraw(request)).isFalse();
		client().acquire(request(key()));
	}

	@Test
	final void withdrawalOfAStrangerChangesNothing() {
		ContractClient a = client();
		assertThat(a.withdraw(request(key()))).isFalse();
		BackendLease lease = a.acquire(request(key()));
		assertThat(client().withdraw(request(key()))).isFalse();
		assertThat(a.holds(lease)).isTrue();
	}

	@Test
	final void withdrawalAfterExpiryLeavesTheNewHolderAlone() {
		ContractClient a = client();
		ContractClient b = client();
		LockRequest old = request(key(), shortLease());
		a.acquire(old);
		die(a, shortLease());
		BackendLease held = b.acquire(request(key()));
		assertThat(a.withdraw(old)).isFalse();
		assertThat(b.holds(held)).isTrue();
	}

	@Test
	final void withdrawalAfterReleaseLeavesTheNewHolderAlone() {
		ContractClient a = client();
		ContractClient b = client();
		LockRequest request = request(key());
		assertThat(a.release(a.acquire(request))).isTrue();
		BackendLease held = b.acquire(request(key()));
		assertThat(a.withdraw(request)).isFalse();
		assertThat(b.holds(held)).isTrue();
	}

	@Test
	final void withdrawnWaiterIsGrantedNothing() {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = b.await(request(key()));
		assertThat(place.withdraw()).isFalse();
		assertThat(a.holds(held)).isTrue();
		assertThat(place.withdraw()).as("again").isFalse();
		assertThat(a.release(held)).isTrue();
		client().acquire(request(key()));
		assertThat(place.isPushed()).isFalse();
		assertThat(b.hasStray()).isFalse();
	}

	@Test
	final void withdrawalLeavesTheOthersWaiting() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().fairness()).as("waiters are served in any order")
			.isEqualTo(BackendTraits.Fairness.FIFO);
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		List<ContractPlace> places = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			places.add(((i % 2 == 0) ? a : b).await(request(key())));
		}
		for (int withdrawn : List.of(4, 2, 0)) {
			assertThat(places.remove(withdrawn).withdraw()).isFalse();
		}
		assertThat(a.release(held)).isTrue();
		for (ContractPlace place : places) {
			assertThat(place.client().release(place.pushed().lease())).isTrue();
		}
		a.acquire(request(key()));
	}

	@Test
	final void withdrawalOfAnOwnerGrantedMeanwhileFreesTheKey() {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = b.await(request(key()));
		assertThat(a.release(held)).isTrue();
		a.refused(request(key()));
		assertThat(place.withdraw()).isTrue();
		a.acquire(request(key()));
		assertThat(place.withdraw()).as("again").isFalse();
		a.refused(request(key()));
	}

	@Test
	final void withdrawalOfAnOwnerGrantedMeanwhilePassesTheLockOn() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		ContractClient c = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace first = b.await(request(key()));
		assertThat(a.release(held)).isTrue();
		BackendLease unwanted = first.pushed().lease();
		ContractPlace second = c.await(request(key()));
		assertThat(first.withdraw()).isTrue();
		BackendLease lease = second.pushed().lease();
		assertThat(lease.revision()).isGreaterThan(unwanted.revision());
		assertThat(b.holds(unwanted)).isFalse();
		assertThat(first.withdraw()).as("again").isFalse();
		assertThat(c.holds(lease)).isTrue();
		a.refused(request(key()));
	}

	@Test
	final void withdrawalFromAnotherConnectionWorksAsWell() {
		ContractClient a = client();
		ContractClient b = client();
		LockRequest holder = request(key());
		a.acquire(holder);
		ContractPlace place = a.await(request(key()));
		assertThat(b.withdraw(place.waiting().request())).isFalse();
		assertThat(b.withdraw(holder)).isTrue();
		b.acquire(request(key()));
	}

	@Test
	final void withdrawalDuringAKeptTimeLeavesTheQueue() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("no key is kept for nobody").isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = client().await(request(key()));
		assertThat(a.release(held, shortLease())).isTrue();
		assertThat(place.withdraw()).isFalse();
		a.refused(request(key()));
		passWhole(shortLease());
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease)).isTrue();
		a.acquire(request(key()));
	}

	@Test
	final void laterWithdrawalEndsThePlaceThatALateRequestTook() {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = client().await(request(key()));
		assertThat(place.withdraw()).isFalse();
		place.pollInVain();
		assertThat(place.withdraw()).isFalse();
		assertThat(a.release(held)).isTrue();
		a.acquire(request(key()));
	}

	@Test
	final void laterWithdrawalEndsTheGrantThatALateRequestTook() throws InterruptedException {
		ContractClient a = client();
		LockRequest request = request(key());
		assertThat(a.release(a.acquire(request))).isTrue();
		a.acquire(request);
		ContractPlace place = client().await(request(key()));
		assertThat(a.withdraw(request)).isTrue();
		place.pushed();
	}

	@Test
	final void requestsForOneKeyAreExecutedInTheOrderInWhichTheyWereSent() {
		LockBackend backend = client().backend();
		assumeThat(backend.traits().ordered()).as("requests are executed in any order").isTrue();
		ContractClient.answer(backend.check());
		List<CompletionStage<Attempt>> attempts = new ArrayList<>();
		List<CompletionStage<Boolean>> withdrawals = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			LockRequest request = request(key());
			attempts.add((i % 2 == 0) ? backend.tryAcquire(request) : backend.enqueue(request, (lease, duration) -> {
			}).poll());
			withdrawals.add(backend.withdraw(request));
		}
		attempts.forEach((attempt) -> ContractClient.granted(ContractClient.answer(attempt)));
		assertThat(withdrawals).map(ContractClient::answer).containsOnly(true);
		client().acquire(request(key()));
	}

	@Test
	final void firstRequestsOfAClientAreInOrderToo() {
		LockBackend backend = client().backend();
		assumeThat(backend.traits().ordered()).as("requests are executed in any order").isTrue();
		LockRequest request = request(key());
		CompletionStage<Attempt> attempt = backend.tryAcquire(request);
		CompletionStage<Boolean> withdrawal = backend.withdraw(request);
		LockRequest next = request(key());
		CompletionStage<Attempt> nextAttempt = backend.tryAcquire(next);
		BackendLease lease = ContractClient.granted(ContractClient.answer(attempt));
		assertThat(ContractClient.answer(withdrawal)).isTrue();
		assertThat(ContractClient.granted(ContractClient.answer(nextAttempt)).revision())
			.isGreaterThan(lease.revision());
	}

}
