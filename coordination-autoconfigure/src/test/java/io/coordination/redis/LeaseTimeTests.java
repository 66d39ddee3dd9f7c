package io.coordination.redis;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockRequest;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The time to live in the server: a client that counts on some may count on it to the
 * end.
 */
class LeaseTimeTests extends RedisFixture {

	private static final Duration SHORT = Duration.ofSeconds(10);

	private final RedisCommands<String, String> redis = redis();

	private final RedisProcess process = process();

	@Test
	void leaseIsTheTimeToLive() {
		this.process.acquire(request());
		assertThat(remaining()).isBetween(LONG.minusSeconds(60), LONG);
	}

	@Test
	void smallerLeaseOfARepeatedAcquireOrPollLowersNothing() {
		LockRequest request = request();
		this.process.acquire(request);
		this.process.acquire(again(request, SHORT));
		assertThat(remaining()).isGreaterThan(LONG.minusSeconds(60));
		RedisProcess.granted(this.process.enqueue(again(request, SHORT)).poll());
		assertThat(remaining()).isGreaterThan(LONG.minusSeconds(60));
	}

	@Test
	void smallerLeaseOfARenewalLowersNothing() {
		BackendLease lease = this.process.acquire(request());
		assertThat(this.process.renew(lease, SHORT)).isTrue();
		assertThat(this.process.renew(lease, Duration.ZERO)).isTrue();
		assertThat(remaining()).isGreaterThan(LONG.minusSeconds(60));
	}

	@Test
	void longerLeaseRaisesIt() {
		LockRequest request = request(key(), SHORT);
		BackendLease lease = this.process.acquire(request);
		assertThat(remaining()).isLessThanOrEqualTo(SHORT);
		this.process.acquire(again(request, SHORT.multipliedBy(9)));
		assertThat(remaining()).isBetween(SHORT.multipliedBy(3), SHORT.multipliedBy(9));
		assertThat(this.process.renew(lease, LONG)).isTrue();
		assertThat(remaining()).isBetween(LONG.minusSeconds(60), LONG);
	}

	@Test
	void leaseOfLessThanAMillisecondIsOne() {
		this.process.acquire(request(key(), Duration.ofNanos(1)));
		assertThat(this.redis.get(keys().fence())).isNotNull();
	}

	@Test
	void waiterThatJoinsLeavesTheLeaseAsItIs() {
		this.process.acquire(request(key(), SHORT));
		this.process.await(request());
		assertThat(remaining()).isBetween(Duration.ofMillis(1), SHORT);
		this.process.await(request(key(), Duration.ofSeconds(1)));
		assertThat(remaining()).isBetween(Duration.ofMillis(1), SHORT);
	}

	@Test
	void leaseOfAHandOffIsTheGrantLease() throws InterruptedException {
		BackendLease held = this.process.acquire(request());
		RedisProcess.Place place = this.process.await(request());
		this.process.release(held);
		assertThat(this.redis.pttl(keys().lock())).isBetween(1L, PATIENT.grantLease().toMillis());
		place.pushed();
		assertThat(place.lastDuration()).isEqualTo(PATIENT.grantLease());
	}

	@Test
	void waiterThatDiedHoldsEverybodyUpForOneToThreeSeconds() {
		RedisLockSettings defaults = RedisLockSettings.defaults();
		assertThat(defaults.grantLease()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(3));
		assertThat(defaults.pollInterval().multipliedBy(2)).isLessThan(defaults.grantLease())
			.isEqualTo(defaults.waiterDeadline());
	}

	private Duration remaining() {
		return Duration.ofMillis(this.redis.pttl(keys().lock()));
	}

}
