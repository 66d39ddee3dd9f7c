package io.coordination.zookeeper;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import org.junit.jupiter.api.Test;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.ContractClient;
import io.coordination.backend.LockRequest;
import io.coordination.backend.Rotation;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests that the server has executed, and whose answers are late or lost.
 */
class LostAnswerTests extends ZookeeperFixture {

	private final ZookeeperProcess a = process();

	@Test
	void creationWhoseAnswerWasLostIsFoundByItsOwner() throws Exception {
		LockRequest request = request();
		CompletionStage<Attempt> attempt = untilThereAre(1, () -> this.a.backend().tryAcquire(request));
		cut();
		assertThat(ContractClient.failure(attempt).mayHaveApplied()).isTrue();
		List<String> before = nodes();
		ZookeeperLease lease = this.a.acquire(request);
		assertThat(before).containsExactly(LockPath.name(lease.path()));
		assertThat(nodes()).isEqualTo(before);
		assertThat(server().stat(lease.path()).getCzxid()).isEqualTo(lease.revision());
		assertThat(this.a.release(lease)).isTrue();
		assertThat(nodes()).isEmpty();
		patiently().until(() -> this.a.leftovers() == 0);
	}

	@Test
	void ownerThatAsksAgainBeforeItIsAnsweredDoesNotStandInItsOwnWay() throws Exception {
		LockRequest request = request();
		CompletionStage<Attempt> attempt = untilThereAre(1, () -> this.a.backend().tryAcquire(request));
		assertThat(ContractClient.failure(attempt).mayHaveApplied()).isTrue();
		CompletionStage<Attempt> again = this.a.backend().tryAcquire(request);
		server().proxy().pass();
		ZookeeperLease lease = ZookeeperProcess.lease(ContractClient.answer(again));
		assertThat(nodes()).containsExactly(LockPath.name(lease.path()));
	}

	@Test
	void placeWhoseCreationWasNotAnsweredKeepsItsTurn() throws Exception {
		ZookeeperProcess b = undisturbed();
		ZookeeperLease held = b.acquire(request());
		ZookeeperProcess.Place place = this.a.enqueue(request());
		CompletionStage<Attempt> poll = untilThereAre(2, () -> place.waiting().poll());
		cut();
		assertThat(ContractClient.failure(poll).mayHaveApplied()).isTrue();
		ZookeeperProcess.Place later = b.enqueue(request());
		later.pollInVain();
		place.pollInVain();
		assertThat(nodes()).hasSize(3);
		assertThat(b.release(held)).isTrue();
		assertThat(this.a.release(place.pushed())).isTrue();
		later.pushed();
	}

	@Test
	void creationWhoseAnswerWasLostIsWithdrawn() throws Exception {
		LockRequest request = request();
		CompletionStage<Attempt> attempt = untilThereAre(1, () -> this.a.backend().tryAcquire(request));
		cut();
		ContractClient.failure(attempt);
		assertThat(this.a.withdraw(request)).isTrue();
		assertThat(nodes()).isEmpty();
		assertThat(this.a.withdraw(request)).isFalse();
	}

	@Test
	void creationThatIsAnsweredTooLateIsUndone() throws Exception {
		CompletionStage<Attempt> attempt = untilThereAre(1, () -> this.a.backend().tryAcquire(request()));
		BackendException failure = ContractClient.failure(attempt);
		assertThat(failure)
			.hasMessage("ZooKeeper did not answer within 1000 ms (coordination.zookeeper.request-timeout)");
		assertThat(failure.mayHaveApplied()).isTrue();
		assertThat(nodes()).hasSize(1);
		server().proxy().pass();
		patiently().until(() -> nodes().isEmpty());
	}

	@Test
	void withdrawalWithoutAnAnswerIsRepeated() throws Exception {
		LockRequest request = request();
		this.a.acquire(request);
		CompletionStage<Boolean> withdrawal = untilThereAre(0, () -> this.a.backend().withdraw(request));
		cut();
		assertThat(ContractClient.failure(withdrawal).mayHaveApplied()).isTrue();
		assertThat(this.a.withdraw(request)).isFalse();
		assertThat(nodes()).isEmpty();
	}

	@Test
	void releaseWithoutAnAnswerIsRepeated() throws Exception {
		ZookeeperLease lease = this.a.acquire(request());
		CompletionStage<Boolean> release = untilThereAre(0, () -> this.a.backend().release(lease, Duration.ZERO));
		cut();
		assertThat(ContractClient.failure(release).mayHaveApplied()).isTrue();
		assertThat(this.a.release(lease)).isFalse();
		assertThat(undisturbed().acquire(request()).revision()).isGreaterThan(lease.revision());
	}

	@Test
	void rotationWithoutAnAnswerLeavesOneNodeThatItsOwnerFinds() throws Exception {
		ZookeeperLease old = this.a.acquire(request());
		ZookeeperProcess.Place next = this.a.enqueue(request());
		server().proxy().stallReplies();
		CompletionStage<Rotation> rotation = this.a.backend().rotate(old, next.waiting());
		patiently().until(() -> nodes().size() == 1 && !nodes().contains(LockPath.name(old.path())));
		cut();
		assertThat(ContractClient.failure(rotation).mayHaveApplied()).isTrue();
		ZookeeperLease lease = ZookeeperProcess.lease(next.poll());
		assertThat(nodes()).containsExactly(LockPath.name(lease.path()));
		assertThat(this.a.release(old)).isFalse();
	}

	@Test
	void nodeBeforeThatGoesWhileTheWatchIsSetIsNoticed() throws Exception {
		ZookeeperProcess b = undisturbed();
		ZookeeperLease held = b.acquire(request());
		ZookeeperProcess.Place place = this.a.enqueue(request());
		CompletionStage<Attempt> poll = untilThereAre(2, () -> place.waiting().poll());
		assertThat(b.release(held)).isTrue();
		// Only now the waiter sees the line, in which the holder still is
		server().proxy().pass();
		assertThat(ZookeeperProcess.lease(ContractClient.answer(poll)).revision()).isGreaterThan(held.revision());
		assertThat(nodes()).hasSize(1);
	}

	@Test
	void nodeBeforeThatGoesWhileTheConnectionIsGoneIsNoticed() throws Exception {
		ZookeeperProcess b = undisturbed();
		ZookeeperLease held = b.acquire(request());
		ZookeeperProcess.Place place = this.a.enqueue(request());
		place.pollInVain();
		server().proxy().refuse();
		server().proxy().cut();
		patiently().until(() -> this.a.disconnections() > 0);
		assertThat(b.release(held)).isTrue();
		server().proxy().pass();
		assertThat(place.pushed().revision()).isGreaterThan(held.revision());
	}

	private void cut() {
		server().proxy().cut();
		server().proxy().pass();
		patiently().until(() -> this.a.reconnections() > 0);
	}

	/**
	 * Sends a request whose answer is held back, and waits for what it does.
	 */
	private <T> CompletionStage<T> untilThereAre(int nodes, Supplier<CompletionStage<T>> request) throws Exception {
		nodes();
		server().proxy().stallReplies();
		CompletionStage<T> answer = request.get();
		patiently().until(() -> nodes().size() == nodes);
		return answer;
	}

}
