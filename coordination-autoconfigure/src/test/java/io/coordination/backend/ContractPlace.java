package io.coordination.backend;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A waiter of the contract: its place in the queue and the grants that were pushed to it.
 */
final class ContractPlace {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final BlockingQueue<Push> pushes = new LinkedBlockingQueue<>();

	private final ContractClient client;

	private final Waiting waiting;

	ContractPlace(ContractClient client, LockRequest request) {
		this.client = client;
		this.waiting = client.backend()
			.enqueue(request, (lease, duration) -> this.pushes.add(new Push(lease, duration)));
	}

	ContractClient client() {
		return this.client;
	}

	Waiting waiting() {
		return this.waiting;
	}

	OwnerId owner() {
		return this.waiting.request().owner();
	}

	Attempt poll() {
		return ContractClient.answer(this.waiting.poll());
	}

	/**
	 * Asks again, without a place yet or with one.
	 */
	void pollInVain() {
		ContractClient.busy(poll());
	}

	/**
	 * Waits to be made the owner.
	 */
	Push pushed() throws InterruptedException {
		Push push = push(PATIENCE);
		assertThat(push).as("push to " + owner()).isNotNull();
		assertThat(push.lease().owner()).isEqualTo(owner());
		assertThat(push.lease().key()).isEqualTo(this.waiting.request().key());
		return push;
	}

	@Nullable Push push(Duration within) throws InterruptedException {
		return this.pushes.poll(within.toMillis(), TimeUnit.MILLISECONDS);
	}

	boolean isPushed() {
		return !this.pushes.isEmpty();
	}

	boolean withdraw() {
		return this.client.withdraw(this.waiting.request());
	}

	void close() {
		this.waiting.close();
	}

	record Push(BackendLease lease, Duration duration) {

	}

}
