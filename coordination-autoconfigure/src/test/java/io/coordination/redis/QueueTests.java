package io.coordination.redis;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockRequest;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who waits, as it is kept in the server.
 */
class QueueTests extends RedisFixture {

	private static final String SOON = "9000000000000000";

	private final RedisCommands<String, String> redis = redis();

	private final RedisProcess process = process();

	@Test
	void waiterIsInTheQueueWithItsDeadlineAndTheLockIsMarked() {
		LockRequest held = request();
		this.process.acquire(held);
		String free = this.redis.get(keys().lock());
		LockRequest waiter = this.process.await(request()).request();
		assertThat(this.redis.get(keys().lock())).isEqualTo(free + " wait=1");
		assertThat(this.redis.zrange(keys().queue(), 0, -1)).containsExactly(waiter.owner().value());
		Map<String, String> waiters = this.redis.hgetall(keys().waiters());
		assertThat(waiters).containsOnlyKeys(waiter.owner().value());
		assertThat(waiters.get(waiter.owner().value()))
			.matches("v=1 until=\\d+ grant=20000 channel=coordination:push:[0-9a-f-]{36}");
		long until = Long.parseLong(waiters.get(waiter.owner().value()).replaceFirst(".* until=(\\d+).*", "$1"));
		long deadline = PATIENT.waiterDeadline().toMillis() * 1000;
		assertThat(until).isBetween(serverMicros(this.redis) + deadline - 60_000_000,
				serverMicros(this.redis) + deadline);
		assertThat(PATIENT.waiterDeadline()).isEqualTo(this.process.backend().traits().pollInterval().multipliedBy(2));
	}

	@Test
	void queueEndsByItself() {
		this.process.acquire(request());
		RedisProcess.Place place = this.process.await(request());
		assertExpiry();
		this.redis.persist(keys().queue());
		this.redis.persist(keys().waiters());
		place.pollInVain();
		assertExpiry();
	}

	@Test
	void queueLivesAsLongAsTheLongestWaiter() {
		run(this.redis, RedisScript.ACQUIRE, "holder", "60000", SOON, "0");
		run(this.redis, RedisScript.ACQUIRE, "a", "60000", SOON, "0", "50000", "2000", "channel");
		run(this.redis, RedisScript.ACQUIRE, "b", "60000", SOON, "0", "1000", "2000", "channel");
		assertThat(this.redis.pttl(keys().queue())).isBetween(1001L, 50_000L);
		assertThat(this.redis.pttl(keys().waiters())).isBetween(1001L, 50_000L);
	}

	@Test
	void rotationKeepsAnExpiryToo() {
		BackendLease held = this.process.acquire(request());
		this.process.await(request());
		RedisProcess.answer(this.process.backend().rotate(held, this.process.enqueue(request()).waiting()));
		assertThat(this.redis.get(keys().lock())).endsWith(" wait=1");
		assertExpiry();
	}

	@Test
	void pollingKeepsThePlace() {
		this.process.acquire(request());
		RedisProcess.Place first = this.process.await(request());
		RedisProcess.Place second = this.process.await(request());
		first.pollInVain();
		assertThat(this.redis.zrange(keys().queue(), 0, -1)).containsExactly(first.request().owner().value(),
				second.request().owner().value());
	}

	@Test
	void takerOfAFreeLockLeavesTheQueueAndKeepsTheMarkForOthers() throws InterruptedException {
		this.process.acquire(request());
		RedisProcess.Place first = this.process.await(request());
		RedisProcess.Place second = this.process.await(request());
		this.redis.del(keys().lock());
		BackendLease lease = RedisProcess.granted(second.poll());
		assertThat(this.redis.get(keys().lock())).endsWith(" wait=1");
		assertThat(this.redis.zrange(keys().queue(), 0, -1)).containsExactly(first.request().owner().value());
		assertThat(this.redis.hkeys(keys().waiters())).containsExactly(first.request().owner().value());
		first.pollInVain();
		this.process.release(lease);
		lease = first.pushed();
		assertThat(this.redis.get(keys().lock())).doesNotContain("wait=");
		assertThat(stored(this.redis)).containsExactly(keys().fence(), keys().lock());
		this.process.release(lease);
		assertThat(stored(this.redis)).containsExactly(keys().fence());
	}

	@Test
	void bargingStrangerKeepsTheMarkForOthers() {
		this.process.acquire(request());
		this.process.await(request());
		this.redis.del(keys().lock());
		this.process.acquire(request());
		assertThat(this.redis.get(keys().lock())).endsWith(" wait=1");
	}

	@Test
	void handOffKeepsTheMarkForOthers() throws InterruptedException {
		BackendLease held = this.process.acquire(request());
		RedisProcess.Place first = this.process.await(request());
		RedisProcess.Place second = this.process.await(request());
		this.process.release(held);
		BackendLease lease = first.pushed();
		assertThat(this.redis.get(keys().lock())).matches("v=1 owner=" + first.request().owner() + " rev=\\d+ wait=1");
		this.process.release(lease);
		second.pushed();
		assertThat(this.redis.get(keys().lock())).matches("v=1 owner=" + second.request().owner() + " rev=\\d+");
	}

	@Test
	void keptLockKeepsTheMark() {
		BackendLease held = this.process.acquire(request());
		this.process.await(request());
		RedisProcess.answer(this.process.backend().release(held, Duration.ofSeconds(30)));
		assertThat(this.redis.get(keys().lock())).isEqualTo("v=1 rev=" + held.revision() + " wait=1");
		assertThat(this.redis.pttl(keys().lock())).isBetween(1L, 30_000L);
		this.process.await(request());
		assertThat(this.redis.get(keys().lock())).isEqualTo("v=1 rev=" + held.revision() + " wait=1");
	}

	@Test
	void withdrawalLeavesNothingOfAWaiter() {
		BackendLease held = this.process.acquire(request());
		RedisProcess.Place place = this.process.await(request());
		assertThat(this.process.withdraw(place.request())).isFalse();
		assertThat(stored(this.redis)).containsExactly(keys().fence(), keys().lock());
		assertThat(this.process.release(held)).isTrue();
		assertThat(stored(this.redis)).containsExactly(keys().fence());
	}

	@Test
	void deadWaitersArePassedOverAndForgotten() throws InterruptedException {
		BackendLease held = this.process.acquire(request());
		joinDead(10, 100);
		RedisProcess.Place place = this.process.await(request());
		this.redis.zadd(keys().queue(), 200, "without-a-record");
		this.redis.hset(keys().waiters(), "of-a-later-version", "v=2 until=9000000000000000");
		this.redis.zadd(keys().queue(), 201, "of-a-later-version");
		this.process.release(held);
		place.pushed();
		assertThat(this.redis.exists(keys().queue(), keys().waiters())).isZero();
	}

	/**
	 * A release is short, however many died. Those behind come in by their own polls.
	 */
	@Test
	void releaseLooksAtNoMoreThan64OfTheDead() throws InterruptedException {
		BackendLease held = this.process.acquire(request());
		joinDead(64, 100);
		RedisProcess.Place place = this.process.await(request());
		this.process.release(held);
		assertThat(this.redis.get(keys().lock())).isNull();
		assertThat(this.redis.zrange(keys().queue(), 0, -1)).containsExactly(place.request().owner().value());
		assertThat(place.isPushed()).isFalse();
		held = this.process.acquire(request());
		assertThat(this.redis.get(keys().lock())).endsWith(" wait=1");
		joinDead(63, 100);
		place.pollInVain();
		this.process.release(held);
		place.pushed();
	}

	@Test
	void waiterIsDeadFromItsDeadlineOn() {
		for (long beforeNow : List.of(-60_000_000L, 1L)) {
			BackendLease held = this.process.acquire(request());
			joinDead(1, 100);
			this.redis.hset(keys().waiters(), "dead-0",
					"v=1 until=" + (serverMicros(this.redis) - beforeNow) + " grant=2000 channel=nobody");
			this.process.release(held);
			String value = this.redis.get(keys().lock());
			if (beforeNow < 0) {
				assertThat(value).contains(" owner=dead-0 ");
			}
			else {
				assertThat(value).isNull();
			}
			this.redis.del(keys().lock());
		}
	}

	private void joinDead(int count, double firstScore) {
		for (int i = 0; i < count; i++) {
			this.redis.zadd(keys().queue(), firstScore + i, "dead-" + i);
			this.redis.hset(keys().waiters(), "dead-" + i, "v=1 until=" + i + " grant=2000 channel=nobody");
		}
		this.redis.psetex(keys().lock(), LONG.toMillis(),
				this.redis.get(keys().lock()).replace(" wait=1", "") + " wait=1");
	}

	private void assertExpiry() {
		long deadline = PATIENT.waiterDeadline().toMillis();
		assertThat(this.redis.pttl(keys().queue())).isBetween(1L, deadline);
		assertThat(this.redis.pttl(keys().waiters())).isBetween(1L, deadline);
	}

}
