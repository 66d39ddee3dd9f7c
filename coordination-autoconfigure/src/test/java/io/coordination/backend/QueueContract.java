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
public abstract class QueueContract extends ReleaseContract {

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
		assumeThat(tellsWhyBusy()).isTrue();
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
	final void releaseMakesTheWaiterTheOwner() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = b.await(request(key()));
		assertThat(a.release(held)).isTrue();
		a.refused(request(key()));
		BackendLease lease = place.pushed().lease();
		assertThat(lease.revision()).isGreaterThan(held.revision());
		assertThat(b.holds(lease)).isTrue();
		assertThat(a.refused(request(key())).revision()).isIn(0L, lease.revision());
		assertThat(a.holds(held)).isFalse();
		assertThat(a.release(held)).isFalse();
		assertThat(b.release(lease)).isTrue();
		assertThat(place.isPushed()).as("pushed twice").isFalse();
		a.acquire(request(key()));
	}

	@Test
	final void waiterOfTheSameProcessIsMadeTheOwnerToo() throws InterruptedException {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = a.await(request(key()));
		assertThat(a.release(held)).isTrue();
		assertThat(a.holds(place.pushed().lease())).isTrue();
	}

	@Test
	final void pollOfAnOwnerMadeOneInItsAbsenceAnswersTheSameGrantForTheWholeLease() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = b.await(request(key()));
		a.release(held);
		BackendLease polled = ContractClient.granted(place.poll());
		ContractPlace.Push push = place.pushed();
		assertThat(polled.revision()).isEqualTo(push.lease().revision());
		passWhole(push.duration());
		assertThat(b.holds(polled)).isTrue();
	}

	@Test
	final void pushedGrantOutlastsTwoPolls() throws InterruptedException {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = client().await(request(key()));
		a.release(held);
		assertThat(place.pushed().duration()).isGreaterThan(a.backend().traits().pollInterval().multipliedBy(2));
	}

	@Test
	final void pushedGrantIsKeptByRenewal() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = b.await(request(key()));
		a.release(held);
		ContractPlace.Push push = place.pushed();
		assertThat(b.renew(push.lease(), ContractClient.LONG)).isTrue();
		passWhole(push.duration());
		assertThat(b.holds(push.lease())).isTrue();
	}

	@Test
	final void pushedGrantEndsUnlessTaken() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		assumeThat(a.backend().traits().expiry()).isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = b.await(request(key()));
		a.release(held);
		ContractPlace.Push push = place.pushed();
		passWhole(push.duration());
		assertThat(b.holds(push.lease())).isFalse();
		assertThat(a.acquire(request(key())).revision()).isGreaterThan(push.lease().revision());
	}

	@Test
	final void waitersAreServedInTheOrderInWhichTheyJoined() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().fairness()).isEqualTo(BackendTraits.Fairness.FIFO);
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
		assumeThat(a.backend().traits().expiry()).isEqualTo(BackendTraits.Expiry.LEASE);
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
		assumeThat(a.backend().traits().expiry()).isEqualTo(BackendTraits.Expiry.LEASE);
		assumeThat(a.backend().traits().fairness()).isEqualTo(BackendTraits.Fairness.FIFO);
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
		assumeThat(a.backend().traits().expiry()).isEqualTo(BackendTraits.Expiry.LEASE);
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
		BackendLease old = client().acquire(request(key(), shortLease()));
		ContractPlace place = b.await(request(key()));
		passWhole(shortLease());
		BackendLease lease = ContractClient.granted(place.poll());
		assertThat(lease.revision()).isGreaterThan(old.revision());
		assertThat(b.release(lease)).isTrue();
		b.acquire(request(key()));
	}

	@Test
	final void othersKeepWaitingWhenOneTakesOverFromADeadHolder() throws InterruptedException {
		ContractClient a = client();
		client().acquire(request(key(), shortLease()));
		ContractPlace first = a.await(request(key()));
		ContractPlace second = client().await(request(key()));
		passWhole(shortLease());
		BackendLease lease = ContractClient.granted(first.poll());
		assertThat(a.release(lease)).isTrue();
		second.pushed();
	}

	@Test
	final void keptKeyIsNotHandedToAWaiterBeforeItsTimeIsOver() throws InterruptedException {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = client().await(request(key()));
		assertThat(a.release(held, shortLease())).isTrue();
		assertThat(place.push(Duration.ofMillis(50))).isNull();
		passWhole(shortLease());
		ContractClient.granted(place.poll());
	}

}
