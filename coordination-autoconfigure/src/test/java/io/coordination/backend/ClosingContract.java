package io.coordination.backend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Sentences about clients that are closed.
 */
public abstract class ClosingContract extends AbsenceContract {

	@Test
	final void requestAfterCloseFailsAtOnceAndHasNoEffect() {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		LockRequest request = request(key("other"));
		ContractPlace place = a.enqueue(request(key("other")));
		ContractPlace next = a.enqueue(request(key()));
		a.close();
		LockBackend backend = a.backend();
		List<CompletionStage<?>> requests = List.of(backend.tryAcquire(request), place.waiting().poll(),
				backend.enqueue(request, (lease, duration) -> {
				}).poll(), backend.rotate(held, next.waiting()), backend.renew(List.of(held), ContractClient.LONG),
				backend.release(held, Duration.ZERO), backend.withdraw(request), backend.check());
		assertThat(requests).allSatisfy((stage) -> {
			assertThat(stage.toCompletableFuture()).isDone();
			BackendException failure = ContractClient.failure(stage);
			assertThat(failure).hasMessageContaining("closed");
			assertThat(failure.mayHaveApplied()).isFalse();
		});
		client().acquire(request(key("other")));
	}

	@Test
	final void clientThatWasNeverUsedIsClosed() {
		ContractClient a = client();
		a.close();
		assertThat(ContractClient.failure(a.backend().tryAcquire(request(key())))).hasMessageContaining("closed");
	}

	@Test
	final void closingTwiceIsHarmless() {
		ContractClient a = client();
		a.acquire(request(key()));
		a.close();
		a.close();
		assertThat(a.backend().traits()).isNotNull();
	}

	@Test
	final void closeLeavesInTheStoreWhatItHolds() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("locks end with the session")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease lease = a.acquire(request(key()));
		a.acquire(request(key("short"), shortLease()));
		a.close();
		ContractClient b = client();
		b.refused(request(key()));
		passWhole(shortLease());
		b.acquire(request(key("short")));
		assertThat(b.holds(lease)).isTrue();
	}

	@Test
	final void closeLeavesOtherClientsOfTheSameFactoryAlone() throws InterruptedException {
		LockBackendFactory factory = newFactory();
		ContractClient a = client(factory);
		ContractClient b = client(factory);
		BackendLease held = a.acquire(request(key()));
		BackendLease other = b.acquire(request(key("other")));
		ContractPlace place = b.await(request(key()));
		assertThat(a.release(held)).isTrue();
		a.close();
		place.pushed();
		assertThat(b.holds(other)).isTrue();
		ContractClient c = client(factory);
		c.refused(request(key()));
		assertThat(c.backend().traits()).isEqualTo(b.backend().traits());
		assertThat(b.disconnections()).isZero();
	}

	@Test
	final void closedClientHearsNothingMore() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace first = b.await(request(key()));
		BackendLease second = a.acquire(request(key("second")));
		b.await(request(key("second"))).close();
		b.close();
		assertThat(a.release(held)).isTrue();
		assertThat(a.release(second)).isTrue();
		// News of a later grant comes after that of an earlier one
		BackendLease last = a.acquire(request(key("last")));
		ContractPlace place = a.await(request(key("last")));
		assertThat(a.release(last)).isTrue();
		place.pushed();
		assertThat(first.isPushed()).isFalse();
		assertThat(b.hasStray()).isFalse();
		assertThat(b.disconnections()).isZero();
	}

	@Test
	final void closeCompletesAllRequestsThatAreUnderWay() {
		ContractClient a = client();
		BackendLease held = a.acquire(request(key()));
		assumeThat(cutOffStore()).as("this store cannot be silenced").isTrue();
		List<CompletionStage<?>> requests = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			requests.add(a.backend().tryAcquire(request(key("tried-" + i))));
			requests.add(a.enqueue(request(key("polled-" + i))).waiting().poll());
			requests.add(a.backend().release(held, Duration.ZERO));
			requests.add(a.backend().renew(List.of(held), ContractClient.LONG));
		}
		a.close();
		assertThat(requests).map(ContractClient::failure).allMatch(BackendException::mayHaveApplied);
	}

	@Test
	final void closeCompletesRequestsThatWaitForAConnection() {
		client().acquire(request(key()));
		assumeThat(cutOffStore()).as("this store cannot be silenced").isTrue();
		ContractClient a = client();
		CompletionStage<Attempt> first = a.backend().tryAcquire(request(key()));
		CompletionStage<Attempt> second = a.backend().tryAcquire(request(key()));
		a.close();
		ContractClient.failure(first);
		ContractClient.failure(second);
	}

	@Test
	final void closeMeetsRequestsOfOtherThreads() throws InterruptedException {
		ContractClient a = client();
		a.acquire(request(key()));
		closeMeetsRequests(a, 2000);
	}

	@Test
	final void closeMeetsTheFirstRequestsOfOtherThreads() throws InterruptedException {
		client().acquire(request(key()));
		for (int i = 0; i < 5; i++) {
			closeMeetsRequests(client(), 20);
		}
	}

	private void closeMeetsRequests(ContractClient client, int requests) throws InterruptedException {
		List<CompletionStage<Attempt>> attempts = new ArrayList<>();
		CountDownLatch begun = new CountDownLatch(1);
		Thread requester = new Thread(() -> {
			for (int i = 0; i < requests; i++) {
				attempts.add(client.backend().tryAcquire(request(key())));
				begun.countDown();
			}
		}, "contract-requester");
		requester.start();
		begun.await();
		client.close();
		requester.join();
		assertThat(attempts).hasSize(requests).allSatisfy((attempt) -> {
			try {
				assertThat(attempt.toCompletableFuture().get(20, TimeUnit.SECONDS)).isInstanceOf(Attempt.Busy.class);
			}
			catch (ExecutionException ex) {
				assertThat(ex.getCause()).isInstanceOf(BackendException.class);
			}
		});
	}

}
