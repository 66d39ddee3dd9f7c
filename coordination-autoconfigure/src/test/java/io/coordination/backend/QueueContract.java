package io.coordination.backend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Sentences about owners that wait in the store's queue.
 */
public abstract class QueueContract extends NameContract {

	@Test
	final void pollTakesAFreeKeyForTheWholeLease() {
		ContractClient a = client();
		LockRequest request = request(key());
		BackendLease lease = ContractClient.granted(a.enqueue(request).poll());
		assertThat(lease.owner()).isEqualTo(request.owner());
		passWhole(shortLease());
		assertThat(a.holds(lease)).isTrue();
		client().refused(request(key()));
	}

	@Test
	final void pollOfAHeldKeySaysWhichGrantStandsInTheWay() {
		assumeThat(tellsWhyBusy()).as("a refusal does not say what stands in the way").isTrue();
		BackendLease held = client().acquire(request(key()));
		Attempt.Busy busy = ContractClient.busy(client().enqueue(request(key())).poll());
		assertThat(busy.revision()).isEqualTo(held.revision());
		assertThat(busy.holder()).isEqualTo(held.owner().value());
		assertThat(busy.remaining()).isBetween(ContractClient.LONG.minusSeconds(30), ContractClient.LONG);
	}

	@Test
	final void placeThatWasNeverPolledGetsNothing() {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		client().enqueue(request(key()));
		assertThat(a.release(held)).isTrue();
		client().acquire(request(key()));
	}

	@Test
	final void waitersAreServedInTheOrderInWhichTheyJoined() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().fairness()).as("waiters are served in any order")
			.isEqualTo(BackendTraits.Fairness.FIFO);
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		List<ContractPlace> places = new ArrayList<>();
		for (int i = 0; i < 12; i++) {
			places.add(((i % 3 == 0) ? a : b).await(request(key())));
		}
		for (int i = places.size() - 1; i >= 0; i--) {
			places.get(i).pollInVain();
		}
		assertThat(a.release(held)).isTrue();
		long revision = held.revision();
		for (ContractPlace place : places) {
			BackendLease lease = place.pushed().lease();
			assertThat(lease.revision()).isGreaterThan(revision);
			revision = lease.revision();
			assertThat(places).filteredOn(ContractPlace::isPushed).isEmpty();
			assertThat(place.client().release(lease)).isTrue();
		}
		a.acquire(request(key()));
	}

	@Test
	final void deadWaiterIsPassedOver() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("locks end with the session")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease held = a.acquire(request(key()));
		ContractPlace dead = client().await(request(key()));
		passPatience(a);
		ContractPlace place = client().await(request(key()));
		assertThat(a.release(held)).isTrue();
		place.pushed();
		assertThat(dead.isPushed()).isFalse();
	}

	@Test
	final void waiterThatComesBackToLifeJoinsAtTheEnd() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("locks end with the session")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		assumeThat(a.backend().traits().fairness()).as("waiters are served in any order")
			.isEqualTo(BackendTraits.Fairness.FIFO);
		BackendLease held = a.acquire(request(key()));
		ContractPlace revived = client().await(request(key()));
		passPatience(a);
		ContractPlace place = client().await(request(key()));
		revived.pollInVain();
		assertThat(a.release(held)).isTrue();
		assertThat(place.client().release(place.pushed().lease())).isTrue();
		revived.pushed();
	}

	@Test
	final void pollingKeepsAWaiterAlive() throws InterruptedException {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = client().await(request(key()));
		for (int i = 0; i < 4; i++) {
			passTime(a.backend().traits().pollInterval().multipliedBy(2).dividedBy(3));
			place.pollInVain();
		}
		assertThat(a.release(held)).isTrue();
		place.pushed();
	}

	@Test
	final void keyIsFreeWhenOnlyDeadWaitersAreLeft() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("locks end with the session")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease held = a.acquire(request(key()));
		client().await(request(key()));
		client().await(request(key()));
		passPatience(a);
		assertThat(a.release(held)).isTrue();
		a.acquire(request(key()));
	}

	@Test
	final void waiterTakesOverFromADeadHolder() {
		ContractClient b = client();
		ContractClient a = client();
		BackendLease old = a.acquire(request(key(), shortLease()));
		ContractPlace place = b.await(request(key()));
		die(a, shortLease());
		BackendLease lease = ContractClient.granted(place.poll());
		assertThat(lease.revision()).isGreaterThan(old.revision());
		assertThat(b.release(lease)).isTrue();
		b.acquire(request(key()));
	}

	@Test
	final void othersKeepWaitingWhenOneTakesOverFromADeadHolder() throws InterruptedException {
		ContractClient a = client();
		ContractClient dead = client();
		dead.acquire(request(key(), shortLease()));
		ContractPlace first = a.await(request(key()));
		ContractPlace second = client().await(request(key()));
		die(dead, shortLease());
		BackendLease lease = ContractClient.granted(first.poll());
		assertThat(a.release(lease)).isTrue();
		second.pushed();
	}

	@Test
	final void keptKeyIsNotHandedToAWaiterBeforeItsTimeIsOver() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("no key is kept for nobody").isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = client().await(request(key()));
		assertThat(a.release(held, shortLease())).isTrue();
		assertThat(place.push(Duration.ofMillis(50))).isNull();
		passWhole(shortLease());
		ContractClient.granted(place.poll());
	}

	@Test
	final void keptKeyKeepsItsQueue() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("no key is kept for nobody").isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease held = a.acquire(request(key()));
		ContractPlace first = client().await(request(key()));
		assertThat(a.release(held, shortLease())).isTrue();
		ContractPlace second = a.await(request(key()));
		first.pollInVain();
		passWhole(shortLease());
		BackendLease lease = ContractClient.granted(first.poll());
		assertThat(lease.revision()).isGreaterThan(held.revision());
		assertThat(first.client().release(lease)).isTrue();
		second.pushed();
	}

	@Test
	final void whoTakesAFreeKeyLeavesTheQueueOfTheOthers() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("who waits is made the owner when the holder dies")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		assumeThat(a.backend().traits().fairness()).as("waiters are served in any order")
			.isEqualTo(BackendTraits.Fairness.FIFO);
		client().acquire(request(key(), shortLease()));
		ContractPlace first = a.await(request(key()));
		ContractPlace second = client().await(request(key()));
		passWhole(shortLease());
		BackendLease stolen = a.acquire(request(key()));
		assertThat(a.release(stolen)).isTrue();
		assertThat(first.client().release(first.pushed().lease())).isTrue();
		second.pushed();
	}

	@Test
	final void whoTookAFreeKeyWaitsForItNoMore() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("who waits is made the owner when the holder dies")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		client().acquire(request(key(), shortLease()));
		ContractPlace first = a.await(request(key()));
		ContractPlace second = client().await(request(key()));
		passWhole(shortLease());
		assertThat(a.release(ContractClient.granted(first.poll()))).isTrue();
		assertThat(second.client().release(second.pushed().lease())).isTrue();
		client().acquire(request(key()));
		assertThat(first.isPushed()).isFalse();
	}

	@Test
	final void manyDeadWaitersDoNotKeepTheLockFromALivingOne() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("locks end with the session")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease held = a.acquire(request(key()));
		for (int i = 0; i < 200; i++) {
			a.await(request(key()));
		}
		passPatience(a);
		ContractPlace living = client().await(request(key()));
		assertThat(a.release(held)).isTrue();
		BackendLease lease = ContractClient.granted(living.poll());
		assertThat(living.client().release(lease)).isTrue();
		a.acquire(request(key()));
	}

}
