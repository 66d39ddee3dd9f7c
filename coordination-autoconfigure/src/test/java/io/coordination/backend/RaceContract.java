package io.coordination.backend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Sentences about requests that meet: whatever the order in which the store executes
 * them, there is never more than one holder, and never one that nobody knows of. No
 * answer here depends on how fast the machine is.
 */
public abstract class RaceContract extends RotationContract {

	private static final int ROUNDS = 150;

	private final Together together = new Together();

	@AfterEach
	final void endRacers() {
		this.together.close();
	}

	@Test
	final void oneOfManyIsGranted() {
		List<ContractClient> clients = List.of(client(), client());
		for (int round = 0; round < 20; round++) {
			LockKey key = key("round-" + round);
			List<Callable<Attempt>> racers = new ArrayList<>();
			for (int i = 0; i < 8; i++) {
				ContractClient client = clients.get(i % 2);
				racers.add((i % 3 == 0) ? () -> client.enqueue(request(key)).poll()
						: () -> client.tryAcquire(request(key)));
			}
			assertThat(this.together.run(racers)).filteredOn(Attempt.Granted.class::isInstance).hasSize(1);
		}
	}

	@Test
	final void repeatedRequestsOfOneOwnerAreOneGrant() {
		ContractClient a = client();
		// An owner belongs to one session
		ContractClient b = (a.backend().traits().expiry() == BackendTraits.Expiry.LEASE) ? client() : a;
		for (int round = 0; round < 20; round++) {
			LockRequest request = request(key("round-" + round));
			List<Callable<Long>> racers = new ArrayList<>();
			for (int i = 0; i < 6; i++) {
				ContractClient client = (i % 2 == 0) ? a : b;
				racers.add(() -> client.acquire(request).revision());
			}
			assertThat(Set.copyOf(this.together.run(racers))).hasSize(1);
		}
	}

	@Test
	final void ownersThatTryExcludeEachOther() {
		List<ContractClient> clients = List.of(client(), client());
		CriticalSection section = new CriticalSection();
		List<Callable<Integer>> racers = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			ContractClient client = clients.get(i % 2);
			racers.add(() -> {
				int entries = 0;
				while (entries < 25) {
					if (client.tryAcquire(request(key())) instanceof Attempt.Granted granted) {
						section.pass(granted.lease());
						entries++;
						assertThat(client.release(granted.lease())).isTrue();
					}
				}
				return entries;
			});
		}
		this.together.run(racers);
		assertThat(section.passes).isEqualTo(150);
		client().acquire(request(key()));
	}

	@Test
	final void ownersThatWaitExcludeEachOtherThoughNewsIsLostAndSomeGiveUp() {
		List<ContractClient> clients = List.of(client(), client(), client());
		CriticalSection section = new CriticalSection();
		List<Callable<Integer>> racers = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			ContractClient client = clients.get(i % 3);
			racers.add(() -> {
				int entries = 0;
				while (entries < 15) {
					entries += contend(client, section) ? 1 : 0;
				}
				return entries;
			});
		}
		this.together.run(racers);
		assertThat(section.passes).isEqualTo(90);
		client().acquire(request(key()));
	}

	/**
	 * An owner that hears only half of the news, and enters only after the store has
	 * confirmed the grant for longer than any sentence takes.
	 */
	private boolean contend(ContractClient client, CriticalSection section) throws InterruptedException {
		Random random = ThreadLocalRandom.current();
		ContractPlace place = client.enqueue(request(key()));
		int patience = random.nextInt(40);
		for (int polls = 0;; polls++) {
			if (place.poll() instanceof Attempt.Granted granted) {
				section.pass(granted.lease());
				assertThat(ended(place, granted.lease(), random)).as("released").isTrue();
				return true;
			}
			if (polls > patience) {
				boolean wasHolder = place.withdraw();
				place.close();
				assertThat(place.withdraw()).as("still the holder, was it before: " + wasHolder).isFalse();
				return false;
			}
			if (random.nextBoolean()) {
				place.push(Duration.ofMillis(50));
			}
		}
	}

	private boolean ended(ContractPlace place, BackendLease lease, Random random) {
		switch (random.nextInt(3)) {
			case 0 -> {
				place.close();
				return place.withdraw();
			}
			case 1 -> {
				ContractPlace next = place.client().enqueue(request(key()));
				Rotation rotation = ContractClient.answer(place.client().backend().rotate(lease, next.waiting()));
				next.close();
				next.withdraw();
				return rotation.released();
			}
			default -> {
				return place.client().release(lease);
			}
		}
	}

	@Test
	final void withdrawalThatMeetsAReleaseLeavesNoGhost() {
		ContractClient a = client();
		ContractClient b = client();
		for (int round = 0; round < ROUNDS; round++) {
			BackendLease held = a.acquire(request(key()));
			ContractPlace place = b.await(request(key()));
			List<Boolean> answers = this.together.run(() -> a.release(held), place::withdraw);
			assertThat(answers.get(0)).as("released").isTrue();
			assertThat(place.withdraw()).as("holder after its withdrawal").isFalse();
			BackendLease free = a.acquire(request(key()));
			assertThat(a.release(free)).isTrue();
		}
	}

	@Test
	final void withdrawalThatMeetsAReleaseLosesNoLock() {
		ContractClient a = client();
		ContractClient b = client();
		for (int round = 0; round < ROUNDS; round++) {
			BackendLease held = a.acquire(request(key()));
			ContractPlace leaving = b.await(request(key()));
			ContractPlace staying = a.await(request(key()));
			List<Boolean> answers = this.together.run(() -> a.release(held), leaving::withdraw);
			assertThat(answers.get(0)).as("released").isTrue();
			assertThat(ContractClient.granted(staying.poll()).revision()).isGreaterThan(held.revision());
			assertThat(leaving.withdraw()).as("holder after its withdrawal").isFalse();
			assertThat(staying.withdraw()).isTrue();
		}
	}

	@Test
	final void withdrawalThatMeetsTheGrantOfAFreeKeyLeavesNoGhost() {
		ContractClient a = client();
		ContractClient b = client();
		for (int round = 0; round < ROUNDS; round++) {
			LockRequest request = request(key());
			this.together.run(() -> a.tryAcquire(request), () -> b.withdraw(request));
			// The request may have been executed after the withdrawal
			b.withdraw(request);
			assertThat(a.release(a.acquire(request(key())))).isTrue();
		}
	}

	@Test
	final void releasesThatMeetFreeTheKeyOnce() {
		ContractClient a = client();
		ContractClient b = client();
		for (int round = 0; round < ROUNDS; round++) {
			BackendLease held = a.acquire(request(key()));
			ContractPlace next = a.await(request(key()));
			List<Boolean> answers = this.together.run(() -> a.release(held), () -> b.release(held));
			assertThat(answers).containsExactlyInAnyOrder(true, false);
			assertThat(a.release(ContractClient.granted(next.poll()))).isTrue();
		}
	}

	@Test
	final void renewalThatMeetsAReleaseRevivesNothing() {
		ContractClient a = client();
		ContractClient b = client();
		for (int round = 0; round < ROUNDS; round++) {
			BackendLease held = a.acquire(request(key()));
			List<Boolean> answers = this.together.run(() -> a.release(held), () -> b.renew(held, ContractClient.LONG));
			assertThat(answers.get(0)).as("released").isTrue();
			assertThat(a.release(a.acquire(request(key())))).isTrue();
		}
	}

	@Test
	final void pollThatMeetsAReleaseIsGrantedOnce() {
		ContractClient a = client();
		ContractClient b = client();
		for (int round = 0; round < ROUNDS; round++) {
			BackendLease held = a.acquire(request(key()));
			ContractPlace waiter = b.await(request(key()));
			LockRequest passer = request(key());
			List<Object> answers = this.together.run(() -> a.release(held), waiter::poll, () -> a.tryAcquire(passer));
			assertThat(answers.get(0)).as("released").isEqualTo(true);
			assertThat(answers.subList(1, 3)).filteredOn(Attempt.Granted.class::isInstance).hasSizeLessThan(2);
			a.withdraw(passer);
			ContractClient.granted(waiter.poll());
			assertThat(waiter.withdraw()).isTrue();
		}
	}

	@Test
	final void rotationThatMeetsAWithdrawalLosesNoLock() {
		ContractClient a = client();
		ContractClient b = client();
		for (int round = 0; round < ROUNDS; round++) {
			BackendLease held = a.acquire(request(key()));
			ContractPlace waiter = b.await(request(key()));
			ContractPlace next = a.enqueue(request(key()));
			List<Object> answers = this.together
				.run(() -> ContractClient.answer(a.backend().rotate(held, next.waiting())), waiter::withdraw);
			assertThat(((Rotation) answers.get(0)).released()).isTrue();
			BackendLease lease = ContractClient.granted(next.poll());
			assertThat(lease.revision()).isGreaterThan(held.revision());
			assertThat(a.release(lease)).isTrue();
		}
	}

	@Test
	final void locksOfManyKeysAreTakenAndRenewedByManyThreads() {
		ContractClient a = client();
		List<Callable<Set<OwnerId>>> racers = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			int racer = i;
			racers.add(() -> {
				List<BackendLease> leases = new ArrayList<>();
				for (int k = 0; k < 50; k++) {
					leases.add(a.acquire(request(key(racer + "/" + k))));
				}
				Renewal renewal = ContractClient.answer(a.backend().renew(leases, ContractClient.LONG));
				assertThat(renewal.lost()).isEmpty();
				return leases.stream().map(BackendLease::owner).collect(Collectors.toSet());
			});
		}
		assertThat(this.together.run(racers)).allSatisfy((owners) -> assertThat(owners).hasSize(50));
	}

	/**
	 * What a lock guards. Not thread-safe on purpose, but for the check.
	 */
	private static final class CriticalSection {

		private final Object watch = new Object();

		private boolean occupied;

		private long revision;

		private int passes;

		void pass(BackendLease lease) {
			synchronized (this.watch) {
				assertThat(this.occupied).as("two holders at once").isFalse();
				assertThat(lease.revision()).isGreaterThan(this.revision);
				this.occupied = true;
				this.revision = lease.revision();
			}
			LockSupport.parkNanos(1000);
			this.passes++;
			synchronized (this.watch) {
				this.occupied = false;
			}
		}

	}

}
