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
 * Sentences about waiters that are made the owner, and about how they hear of it.
 */
public abstract class PushContract extends QueueContract {

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
		assumeThat(a.backend().traits().expiry()).as("locks end with the session")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = b.await(request(key()));
		a.release(held);
		ContractPlace.Push push = place.pushed();
		passWhole(push.duration());
		assertThat(b.holds(push.lease())).isFalse();
		assertThat(a.acquire(request(key())).revision()).isGreaterThan(push.lease().revision());
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
