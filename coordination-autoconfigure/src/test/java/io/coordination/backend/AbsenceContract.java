package io.coordination.backend;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Sentences about a store that is not there. Each is skipped where the store cannot be
 * made to be away in this way.
 */
public abstract class AbsenceContract extends RaceContract {

	@Test
	final void silentStoreFailsEveryRequestAsOneThatMayHaveHadItsEffect() {
		ContractClient a = client();
		Requests requests = new Requests(a);
		assumeThat(cutOffStore()).as("this store cannot be silenced").isTrue();
		requests.send().forEach((name, request) -> {
			BackendException failure = ContractClient.failure(request);
			assertThat(failure.mayHaveApplied()).as(name).isTrue();
		});
	}

	@Test
	final void silentStoreFailsTheFirstRequestsOfAClientToo() {
		client().acquire(request(key()));
		assumeThat(cutOffStore()).as("this store cannot be silenced").isTrue();
		LockBackend backend = client().backend();
		CompletionStage<Attempt> first = backend.tryAcquire(request(key()));
		CompletionStage<Attempt> second = backend.enqueue(request(key()), (lease, duration) -> {
		}).poll();
		ContractClient.failure(first);
		ContractClient.failure(second);
		ContractClient.failure(backend.check());
		restoreStore();
		patiently().untilAsserted(() -> assertThat(ContractClient.answer(backend.tryAcquire(request(key("other")))))
			.isInstanceOf(Attempt.Granted.class));
	}

	@Test
	final void requestThatFailedTakesNoEffectLater() {
		ContractClient a = client();
		BackendLease awaited = a.acquire(request(key("awaited")));
		ContractPlace place = a.enqueue(request(key("awaited")));
		assumeThat(cutOffStore()).as("this store cannot be silenced").isTrue();
		List<CompletionStage<?>> requests = List.of(a.backend().tryAcquire(request(key("tried"))),
				a.backend().enqueue(request(key("polled")), (lease, duration) -> {
				}).poll(), place.waiting().poll());
		requests.forEach(ContractClient::failure);
		restoreStore();
		awaitAnswers(a);
		ContractClient b = client();
		b.acquire(request(key("tried")));
		b.acquire(request(key("polled")));
		assertThat(a.release(awaited)).isTrue();
		b.acquire(request(key("awaited")));
		assertThat(place.isPushed()).isFalse();
		assertThat(a.hasStray()).isFalse();
	}

	@Test
	final void rotationThatFailedTakesNoEffectLater() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("what was sent over a session is executed sooner or later")
			.isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease rotated = a.acquire(request(key()));
		ContractPlace next = a.enqueue(request(key()));
		assumeThat(cutOffStore()).as("this store cannot be silenced").isTrue();
		ContractClient.failure(a.backend().rotate(rotated, next.waiting()));
		restoreStore();
		awaitAnswers(a);
		assertThat(a.release(rotated)).isTrue();
		client().acquire(request(key()));
		assertThat(next.isPushed()).isFalse();
		assertThat(a.hasStray()).isFalse();
	}

	@Test
	final void requestWhoseAnswerWasLostIsRepeatedByTheSameOwner() {
		ContractClient a = client();
		LockRequest acquired = request(key("acquired"));
		LockRequest held = request(key("held"));
		BackendLease lease = a.acquire(held);
		BackendLease released = a.acquire(request(key("released")));
		assumeThat(cutOffStore()).as("this store cannot be silenced").isTrue();
		List<CompletionStage<?>> requests = List.of(a.backend().tryAcquire(acquired), a.backend().tryAcquire(held),
				a.backend().renew(List.of(lease), ContractClient.LONG), a.backend().release(released, Duration.ZERO));
		requests.forEach(ContractClient::failure);
		restoreStore();
		awaitAnswers(a);
		assertThat(a.release(a.acquire(acquired))).isTrue();
		assertThat(a.acquire(held).revision()).isEqualTo(lease.revision());
		assertThat(a.renew(lease, ContractClient.LONG)).isTrue();
		a.release(released);
		ContractClient b = client();
		b.acquire(request(key("acquired")));
		b.acquire(request(key("released")));
		b.refused(request(key("held")));
	}

	@Test
	final void stoppedStoreIsHeardOfAndFailsEveryRequestAsOneWithoutEffect() {
		ContractClient a = client();
		Requests requests = new Requests(a);
		assertThat(a.disconnections()).isZero();
		assumeThat(stopStore()).as("this store cannot be taken away").isTrue();
		patiently().until(() -> a.disconnections() > 0);
		requests.send().forEach((name, request) -> {
			BackendException failure = ContractClient.failure(request);
			assertThat(failure.mayHaveApplied()).as(name).isFalse();
		});
		assertThat(a.reconnections()).isZero();
	}

	@Test
	final void storeThatIsBackIsHeardOfAndUsedAgain() {
		ContractClient a = client();
		BackendLease before = a.acquire(request(key()));
		assumeThat(stopStore()).as("this store cannot be taken away").isTrue();
		patiently().until(() -> a.disconnections() > 0);
		restoreStore();
		patiently().until(() -> a.reconnections() > 0);
		a.withdraw(LockRequest.exclusive(before.key(), before.owner(), ContractClient.LONG));
		BackendLease after = a.acquire(request(key()));
		assertThat(after.revision()).isGreaterThan(before.revision());
		assertThat(a.renew(after, ContractClient.LONG)).isTrue();
	}

	@Test
	final void revisionGrowsThoughTheStoreForgotEverything() {
		LockBackendFactory factory = newFactory();
		ContractClient a = client(factory);
		assumeThat(a.backend().traits().fencing()).as("revisions end with the process")
			.isNotEqualTo(BackendTraits.Fencing.LOCAL);
		LockRequest request = request(key(), shortLease());
		BackendLease before = a.acquire(request);
		assumeThat(stopStore()).as("this store cannot be taken away").isTrue();
		restoreStore();
		die(a, shortLease());
		LockBackend anew = client().backend();
		patiently().untilAsserted(() -> assertThat(
				ContractClient.granted(ContractClient.answer(anew.tryAcquire(request(key())))).revision())
			.isGreaterThan(before.revision()));
	}

	@Test
	final void storeThatIsAwayAtFirstIsUsedWhenItComes() {
		assumeThat(stopStore()).as("this store cannot be taken away").isTrue();
		ContractClient a = client();
		Requests.sendFirst(a, request(key())).forEach((name, request) -> {
			BackendException failure = ContractClient.failure(request);
			assertThat(failure.mayHaveApplied()).as(name).isFalse();
		});
		restoreStore();
		patiently().untilAsserted(() -> a.acquire(request(key("first"))));
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = a.await(request(key()));
		assertThat(a.release(held)).isTrue();
		patiently().until(place::isPushed);
	}

	@Test
	final void holderAndWaiterOutliveABrokenConnection() {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		ContractPlace place = b.await(request(key()));
		assumeThat(breakConnections()).as("connections to this store cannot be broken").isTrue();
		patiently().until(() -> a.disconnections() > 0 && b.disconnections() > 0);
		patiently().until(() -> a.reconnections() > 0 && b.reconnections() > 0);
		assertThat(a.holds(held)).isTrue();
		place.pollInVain();
		assertThat(a.release(held)).isTrue();
		assertThat(ContractClient.granted(place.poll()).revision()).isGreaterThan(held.revision());
		a.refused(request(key()));
	}

	@Test
	final void waiterIsToldOfItsGrantAgainAfterABrokenConnection() {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease held = a.acquire(request(key()));
		assertThat(b.await(request(key())).withdraw()).isFalse();
		assumeThat(breakConnections()).as("connections to this store cannot be broken").isTrue();
		patiently().until(() -> a.reconnections() > 0 && b.reconnections() > 0);
		// What is told of may be another connection than that of requests
		awaitAnswers(a);
		awaitAnswers(b);
		assertThat(a.release(held)).isTrue();
		patiently().until(() -> {
			BackendLease next = a.acquire(request(key()));
			ContractPlace place = b.await(request(key()));
			assertThat(a.release(next)).isTrue();
			boolean told = place.push(Duration.ofSeconds(1)) != null;
			place.withdraw();
			return told;
		});
	}

	private static ConditionFactory patiently() {
		return Awaitility.await().atMost(Duration.ofSeconds(30)).pollDelay(Duration.ZERO).ignoreExceptions();
	}

	private static void awaitAnswers(ContractClient client) {
		patiently().until(() -> ContractClient.answer(client.backend().check()) != null);
	}

	/**
	 * One request of each kind, on what the store held before it went away.
	 */
	private final class Requests {

		private final ContractClient client;

		private final BackendLease rotated;

		private final BackendLease kept;

		private final BackendLease released;

		private final LockRequest withdrawn = request(key("withdrawn"));

		Requests(ContractClient client) {
			this.client = client;
			this.rotated = client.acquire(request(key("rotated")));
			this.kept = client.acquire(request(key("kept")));
			this.released = client.acquire(request(key("released")));
			client.acquire(this.withdrawn);
		}

		Map<String, CompletionStage<?>> send() {
			LockBackend backend = this.client.backend();
			Map<String, CompletionStage<?>> requests = sendFirst(this.client, request(key()));
			ContractPlace next = this.client.enqueue(request(key("rotated")));
			requests.put("rotate", backend.rotate(this.rotated, next.waiting()));
			requests.put("renew", backend.renew(List.of(this.kept), ContractClient.LONG));
			requests.put("release", backend.release(this.released, Duration.ZERO));
			requests.put("withdraw", backend.withdraw(this.withdrawn));
			return requests;
		}

		static Map<String, CompletionStage<?>> sendFirst(ContractClient client, LockRequest request) {
			Map<String, CompletionStage<?>> requests = new LinkedHashMap<>();
			requests.put("tryAcquire", client.backend().tryAcquire(request));
			requests.put("poll", client.enqueue(request).waiting().poll());
			return requests;
		}

	}

}
