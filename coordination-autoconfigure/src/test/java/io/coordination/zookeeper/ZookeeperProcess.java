package io.coordination.zookeeper;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendLease;
import io.coordination.backend.BackendListener;
import io.coordination.backend.ContractClient;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.backend.Renewal;
import io.coordination.backend.Waiting;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that locks: one open backend, what it hears, and its session. Thread-safe.
 */
final class ZookeeperProcess implements BackendListener, AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private final BlockingQueue<OwnerId> strays = new LinkedBlockingQueue<>();

	private final AtomicInteger disconnections = new AtomicInteger();

	private final AtomicInteger reconnections = new AtomicInteger();

	private final ZookeeperLockBackend backend;

	ZookeeperProcess(ZookeeperLockBackendFactory factory) {
		this.backend = (ZookeeperLockBackend) factory.open(this);
	}

	LockBackend backend() {
		return this.backend;
	}

	/**
	 * The session, once there is one.
	 */
	ZookeeperSession session() {
		return Awaitility.await()
			.pollDelay(Duration.ZERO)
			.atMost(PATIENCE)
			.until(this.backend.connection()::session, (session) -> session != null);
	}

	void awaitAnotherSession(ZookeeperSession before) {
		Awaitility.await().pollDelay(Duration.ZERO).atMost(PATIENCE).until(() -> session().id() != before.id());
	}

	Attempt tryAcquire(LockRequest request) {
		return ContractClient.answer(this.backend.tryAcquire(request));
	}

	ZookeeperLease acquire(LockRequest request) {
		return lease(tryAcquire(request));
	}

	static ZookeeperLease lease(Attempt attempt) {
		assertThat(attempt).isInstanceOf(Attempt.Granted.class);
		return (ZookeeperLease) ((Attempt.Granted) attempt).lease();
	}

	boolean holds(BackendLease lease) {
		Renewal renewal = ContractClient.answer(this.backend.renew(List.of(lease), Duration.ZERO));
		assertThat(renewal.lost().contains(lease.owner())).isNotEqualTo(renewal.kept().contains(lease.owner()));
		return renewal.kept().contains(lease.owner());
	}

	boolean release(BackendLease lease) {
		return ContractClient.answer(this.backend.release(lease, Duration.ZERO));
	}

	boolean withdraw(LockRequest request) {
		return ContractClient.answer(this.backend.withdraw(request));
	}

	Place enqueue(LockRequest request) {
		return new Place(request);
	}

	ServerVersions versions() {
		return this.backend.connection().versions(session());
	}

	/**
	 * How much the backend remembers of owners, nodes and locks.
	 */
	int leftovers() {
		return this.backend.remembered();
	}

	int disconnections() {
		return this.disconnections.get();
	}

	int reconnections() {
		return this.reconnections.get();
	}

	int strays() {
		return this.strays.size();
	}

	@Override
	public void disconnected() {
		this.disconnections.incrementAndGet();
	}

	@Override
	public void reconnected() {
		this.reconnections.incrementAndGet();
	}

	@Override
	public void strayGrant(LockKey key, OwnerId owner) {
		this.strays.add(owner);
	}

	@Override
	public void close() {
		this.backend.close();
	}

	/**
	 * A waiter, and the grants that were pushed to it.
	 */
	final class Place {

		private final BlockingQueue<BackendLease> pushes = new LinkedBlockingQueue<>();

		private final Waiting waiting;

		Place(LockRequest request) {
			this.waiting = ZookeeperProcess.this.backend.enqueue(request, (lease, duration) -> this.pushes.add(lease));
		}

		Waiting waiting() {
			return this.waiting;
		}

		Attempt poll() {
			return ContractClient.answer(this.waiting.poll());
		}

		Attempt.Busy pollInVain() {
			Attempt attempt = poll();
			assertThat(attempt).isInstanceOf(Attempt.Busy.class);
			return (Attempt.Busy) attempt;
		}

		ZookeeperLease pushed() throws InterruptedException {
			BackendLease lease = this.pushes.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
			assertThat(lease).as("push").isNotNull();
			return (ZookeeperLease) lease;
		}

		boolean isPushed() {
			return !this.pushes.isEmpty();
		}

	}

}
