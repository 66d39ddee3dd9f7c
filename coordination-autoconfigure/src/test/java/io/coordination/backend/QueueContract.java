package io.coordination.backend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

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

	@Test
	final void keptKeyKeepsItsQueue() throws InterruptedException {
		ContractClient a = client();
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
		assumeThat(a.backend().traits().fairness()).isEqualTo(BackendTraits.Fairness.FIFO);
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
	final void waiterIsMadeTheOwnerOfItsOwnKeyOnly() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease first = a.acquire(request(key("first")));
		a.acquire(request(key("second")));
		ContractPlace waitsForSecond = b.await(request(key("second")));
		ContractPlace waitsForFirst = b.await(request(key("first")));
		assertThat(a.release(first)).isTrue();
		waitsForFirst.pushed();
		assertThat(waitsForSecond.isPushed()).isFalse();
		waitsForSecond.pollInVain();
	}

	@Test
	final void manyDeadWaitersDoNotKeepTheLockFromALivingOne() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).isEqualTo(BackendTraits.Expiry.LEASE);
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

	@Test
	final void newsOfAGrantMayBeFollowedByARequestFromItsOwnThread() throws InterruptedException {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		ContractClient b = client();
		CountDownLatch served = new CountDownLatch(8);
		List<CompletionStage<Attempt>> polls = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			LockBackend backend = ((i % 2 == 0) ? a : b).backend();
			polls.add(backend.enqueue(request(key()), (lease, duration) -> {
				CompletionStage<Boolean> released = backend.release(lease, Duration.ZERO);
				released.thenRun(served::countDown);
			}).poll());
		}
		polls.forEach((poll) -> ContractClient.busy(ContractClient.answer(poll)));
		assertThat(a.release(held)).isTrue();
		assertThat(served.await(30, TimeUnit.SECONDS)).as("all served").isTrue();
		a.acquire(request(key()));
	}

	@Test
	final void grantForAClosedPlaceIsStray() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = b.await(request(key()));
		ContractPlace next = a.await(request(key()));
		place.close();
		assertThat(a.release(held)).isTrue();
		assertThat(b.stray()).isEqualTo(new ContractClient.Stray(key(), place.owner()));
		assertThat(place.isPushed()).isFalse();
		assertThat(a.hasStray()).isFalse();
		assertThat(place.withdraw()).isTrue();
		next.pushed();
		assertThat(a.hasStray()).isFalse();
	}

	@Test
	final void closingAPlaceSendsNothing() {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = client().await(request(key()));
		place.close();
		place.close();
		assertThat(a.release(held)).isTrue();
		a.refused(request(key()));
		ContractClient.granted(place.poll());
	}

}
