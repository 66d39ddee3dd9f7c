package io.coordination.backend;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Sentences about leases that are given up for a place at the end of the queue.
 */
public abstract class RotationContract extends WithdrawalContract {

	@Test
	final void rotationWhereNobodyWaitsMakesTheNextOwnerTheHolderForTheWholeLease() {
		ContractClient a = client();
		BackendLease old = a.acquire(request(key(), shortLease()));
		ContractPlace place = a.enqueue(request(key()));
		Rotation rotation = rotate(a, old, place);
		assertThat(rotation.released()).isTrue();
		BackendLease lease = ContractClient.granted(rotation.next());
		assertThat(lease.key()).isEqualTo(key());
		assertThat(lease.owner()).isEqualTo(place.owner());
		assertThat(lease.revision()).isGreaterThan(old.revision());
		assertThat(a.holds(old)).isFalse();
		passWhole(shortLease());
		assertThat(a.holds(lease)).isTrue();
		client().refused(request(key()));
		assertThat(a.release(lease)).isTrue();
		client().acquire(request(key()));
	}

	@Test
	final void rotationGoesBehindThoseThatWait() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().fairness()).as("waiters are served in any order")
			.isEqualTo(BackendTraits.Fairness.FIFO);
		BackendLease old = a.acquire(request(key()));
		ContractPlace first = client().await(request(key()));
		ContractPlace second = a.await(request(key()));
		ContractPlace rotated = a.enqueue(request(key()));
		Rotation rotation = rotate(a, old, rotated);
		assertThat(rotation.released()).isTrue();
		ContractPlace last = first.client().await(request(key()));
		BackendLease lease = first.pushed().lease();
		assertThat(lease.revision()).isGreaterThan(old.revision());
		Attempt.Busy busy = ContractClient.busy(rotation.next());
		assertThat(busy.revision()).isIn(0L, lease.revision());
		assertThat(busy.holder()).isIn(null, lease.owner().value());
		for (ContractPlace place : new ContractPlace[] { second, rotated, last }) {
			assertThat(place.isPushed()).isFalse();
			long before = lease.revision();
			assertThat(first.client().withdraw(LockRequest.exclusive(key(), lease.owner(), ContractClient.LONG)))
				.isTrue();
			lease = place.pushed().lease();
			assertThat(lease.revision()).isGreaterThan(before);
		}
	}

	@Test
	final void rotationOfALeaseThatIsNoLongerOursJoinsTheQueueAndLeavesTheNewHolderAlone() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease old = a.acquire(request(key(), shortLease()));
		die(a, shortLease());
		BackendLease held = b.acquire(request(key()));
		ContractPlace place = a.enqueue(request(key()));
		Rotation rotation = rotate(a, old, place);
		assertThat(rotation.released()).isFalse();
		ContractClient.busy(rotation.next());
		assertThat(b.holds(held)).isTrue();
		assertThat(b.release(held)).isTrue();
		place.pushed();
	}

	@Test
	final void rotationOfALeaseThatEndedTakesTheFreeKey() {
		ContractClient a = client();
		BackendLease old = a.acquire(request(key(), shortLease()));
		die(a, shortLease());
		Rotation rotation = rotate(a, old, a.enqueue(request(key())));
		assertThat(rotation.released()).isFalse();
		assertThat(ContractClient.granted(rotation.next()).revision()).isGreaterThan(old.revision());
		client().refused(request(key()));
	}

	@Test
	final void repeatedRotationAnswersTheSameGrant() {
		ContractClient a = client();
		BackendLease old = a.acquire(request(key()));
		ContractPlace place = a.enqueue(request(key()));
		BackendLease lease = ContractClient.granted(rotate(a, old, place).next());
		Rotation again = rotate(a, old, place);
		assertThat(again.released()).isFalse();
		assertThat(ContractClient.granted(again.next()).revision()).isEqualTo(lease.revision());
		assertThat(a.holds(lease)).isTrue();
	}

	@Test
	final void repeatedRotationKeepsThePlace() throws InterruptedException {
		ContractClient a = client();
		assumeThat(a.backend().traits().fairness()).as("waiters are served in any order")
			.isEqualTo(BackendTraits.Fairness.FIFO);
		ContractClient b = client();
		BackendLease old = a.acquire(request(key()));
		ContractPlace first = b.await(request(key()));
		ContractPlace rotated = a.enqueue(request(key()));
		rotate(a, old, rotated);
		ContractPlace last = b.await(request(key()));
		Rotation again = rotate(a, old, rotated);
		assertThat(again.released()).isFalse();
		ContractClient.busy(again.next());
		BackendLease lease = first.pushed().lease();
		assertThat(b.holds(lease)).isTrue();
		assertThat(b.release(lease)).isTrue();
		assertThat(a.release(rotated.pushed().lease())).isTrue();
		assertThat(b.release(last.pushed().lease())).isTrue();
		a.acquire(request(key()));
		assertThat(rotated.isPushed()).as("pushed twice").isFalse();
	}

	@Test
	final void rotatedPlaceIsKeptByPollingAndGivenUpByWithdrawal() {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease old = a.acquire(request(key()));
		ContractPlace first = b.await(request(key()));
		ContractPlace rotated = a.enqueue(request(key()));
		rotate(a, old, rotated);
		rotated.pollInVain();
		assertThat(rotated.withdraw()).isFalse();
		assertThat(first.withdraw()).isTrue();
		client().acquire(request(key()));
	}

	@Test
	final void rotationSkipsDeadWaiters() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("locks end with the session")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease old = a.acquire(request(key()));
		client().await(request(key()));
		client().await(request(key()));
		passPatience(a);
		Rotation rotation = rotate(a, old, a.enqueue(request(key())));
		assertThat(rotation.released()).isTrue();
		ContractClient.granted(rotation.next());
	}

	@Test
	final void oldOwnerHasNothingLeftAfterARotation() {
		ContractClient a = client();
		LockRequest request = request(key());
		BackendLease old = a.acquire(request);
		BackendLease lease = ContractClient.granted(rotate(a, old, a.enqueue(request(key()))).next());
		assertThat(a.holds(old)).isFalse();
		assertThat(a.renew(old, ContractClient.LONG)).isFalse();
		assertThat(a.release(old)).isFalse();
		assertThat(a.release(old, shortKeep(a))).isFalse();
		assertThat(a.withdraw(request)).isFalse();
		assertThat(a.holds(lease)).isTrue();
	}

	@Test
	final void rotationToAnotherKeyIsRefused() {
		ContractClient a = client();
		BackendLease old = a.acquire(request(key()));
		ContractPlace elsewhere = a.enqueue(request(key("other")));
		assertThatIllegalArgumentException().isThrownBy(() -> a.backend().rotate(old, elsewhere.waiting()))
			.withMessageContaining("next")
			.withMessageContaining(key().name())
			.withMessageContaining("other");
		assertThat(a.holds(old)).isTrue();
		client().acquire(request(key("other")));
	}

	@Test
	final void revisionGrowsFromRotationToRotation() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace waiting = b.await(request(key()));
		for (int i = 0; i < 30; i++) {
			ContractClient holder = (i % 2 == 0) ? a : b;
			ContractPlace next = holder.enqueue(request(key()));
			Rotation rotation = rotate(holder, held, next);
			assertThat(rotation.released()).isTrue();
			BackendLease lease = waiting.pushed().lease();
			assertThat(lease.revision()).isGreaterThan(held.revision());
			assertThat(ContractClient.busy(rotation.next()).revision()).isIn(0L, lease.revision());
			held = lease;
			waiting = next;
		}
	}

	private static Rotation rotate(ContractClient client, BackendLease lease, ContractPlace next) {
		return ContractClient.answer(client.backend().rotate(lease, next.waiting()));
	}

}
