package io.coordination.redis;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.coordination.backend.BackendException;
import io.coordination.backend.BackendLease;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;
import io.coordination.backend.Renewal;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is under the key of a lock and none of ours is never free, never ours, and nobody
 * overwrites it.
 */
@ExtendWith(OutputCaptureExtension.class)
class ForeignValueTests extends RedisFixture {

	private final RedisCommands<String, String> redis = redis();

	private final RedisProcess process = process();

	/**
	 * What it is called, and what puts it there.
	 */
	record Foreign(String what, BiConsumer<RedisCommands<String, String>, String> put) {

		@Override
		public String toString() {
			return this.what;
		}

	}

	static Stream<Foreign> foreignValues() {
		return Stream.of(text("of version 2", "v=2 owner=a rev=7 wait=1"), text("of version 1x", "v=1x owner=a rev=7"),
				text("no lock", "owner=a rev=7"), text("no lock", "8f14e45f-ceea-4671-a0ff-b3c9c6a1d3a2"),
				text("no lock", ""), text("without a revision", "v=1 owner=a"),
				text("without a revision", "v=1 owner=a rev=-7"),
				text("without a revision", "v=1 owner=a rev=99999999999999999999"),
				new Foreign("no string",
						(redis, key) -> redis.hset(key, Map.of("285475da-9152-4c83-822a-67ee2f116a79:52", "1"))),
				new Foreign("no string", (redis, key) -> redis.lpush(key, "a")));
	}

	private static Foreign text(String what, String value) {
		return new Foreign(what, (redis, key) -> redis.psetex(key, LONG.toMillis(), value));
	}

	@ParameterizedTest
	@MethodSource("foreignValues")
	void isNotTaken(Foreign foreign) {
		foreign.put().accept(this.redis, keys().lock());
		byte[] before = this.redis.dump(keys().lock());
		LockRequest request = request();
		assertClear(foreign, RedisProcess.failure(this.process.backend().tryAcquire(request)));
		assertClear(foreign, RedisProcess.failure(this.process.enqueue(request).waiting().poll()));
		assertThat(this.redis.dump(keys().lock())).isEqualTo(before);
		assertThat(stored(this.redis)).containsExactly(keys().lock());
	}

	@ParameterizedTest
	@MethodSource("foreignValues")
	void isNotGivenUp(Foreign foreign) {
		LockRequest request = request();
		BackendLease lease = this.process.acquire(request);
		this.redis.del(keys().lock());
		foreign.put().accept(this.redis, keys().lock());
		byte[] before = this.redis.dump(keys().lock());
		assertClear(foreign, RedisProcess.failure(this.process.backend().release(lease, Duration.ZERO)));
		assertClear(foreign, RedisProcess.failure(this.process.backend().release(lease, LONG)));
		assertClear(foreign, RedisProcess.failure(this.process.backend().withdraw(request)));
		assertClear(foreign,
				RedisProcess.failure(this.process.backend().rotate(lease, this.process.enqueue(request()).waiting())));
		assertThat(this.redis.dump(keys().lock())).isEqualTo(before);
		assertThat(stored(this.redis)).containsExactly(keys().fence(), keys().lock());
	}

	@ParameterizedTest
	@MethodSource("foreignValues")
	void isNotRenewed(Foreign foreign, CapturedOutput output) {
		BackendLease other = this.process.acquire(request(key("other"), LONG));
		BackendLease lease = this.process.acquire(request());
		this.redis.del(keys().lock());
		foreign.put().accept(this.redis, keys().lock());
		byte[] before = this.redis.dump(keys().lock());
		long remaining = this.redis.pttl(keys().lock());
		Renewal renewal = RedisProcess
			.answer(this.process.backend().renew(List.of(lease, other), LONG.multipliedBy(2)));
		assertThat(renewal.kept()).containsExactly(other.owner());
		assertThat(renewal.lost()).containsExactly(lease.owner());
		assertThat(this.redis.dump(keys().lock())).isEqualTo(before);
		assertThat(this.redis.pttl(keys().lock())).isLessThanOrEqualTo(remaining);
		assertThat(output).containsOnlyOnce("Lock 'invoice:42' lost: Key '" + keys().lock()
				+ "' in Redis is no lock of this library (" + foreign + ")");
	}

	@Test
	void lockWithoutExpiryIsNobodysToTake() {
		this.redis.set(keys().lock(), "v=1 owner=somebody rev=7");
		LockRequest request = request();
		Foreign foreign = new Foreign("without an expiry", (redis, key) -> {
		});
		assertClear(foreign, RedisProcess.failure(this.process.backend().tryAcquire(request)));
		assertClear(foreign, RedisProcess.failure(this.process.enqueue(request).waiting().poll()));
		BackendLease lease = new RedisLease(key(), request.owner(), 7);
		assertThat(this.process.renew(lease, LONG)).isFalse();
		assertThat(this.process.release(lease)).isFalse();
		assertThat(this.process.withdraw(request)).isFalse();
		assertThat(this.redis.get(keys().lock())).isEqualTo("v=1 owner=somebody rev=7");
		assertThat(this.redis.pttl(keys().lock())).isEqualTo(-1);
		assertThat(stored(this.redis)).containsExactly(keys().lock());
	}

	@Test
	void fieldsOfALaterReleaseAreKept() throws InterruptedException {
		this.redis.psetex(keys().lock(), LONG.toMillis(), "mode=x v=1 rev=7 owner=somebody");
		RedisProcess.Place place = this.process.await(request());
		assertThat(this.redis.get(keys().lock())).isEqualTo("mode=x v=1 rev=7 owner=somebody wait=1");
		BackendLease lease = new RedisLease(key(), new OwnerId("somebody"), 7);
		assertThat(this.process.release(lease)).isTrue();
		place.pushed();
	}

	@Test
	void foreignQueueOrFenceIsNamedAndLeftAlone() {
		for (String key : List.of(keys().queue(), keys().waiters(), keys().fence())) {
			BackendLease held = this.process.acquire(request());
			this.redis.del(keys().queue(), keys().waiters(), keys().fence());
			this.redis.lpush(key, "a");
			RedisProcess.Place place = this.process.enqueue(request());
			if (key.equals(keys().fence())) {
				assertThat(this.process.release(held)).isTrue();
				assertThat(RedisProcess.failure(this.process.backend().tryAcquire(request()))).hasMessageContaining(key)
					.hasMessageContaining("remove it");
			}
			assertThat(RedisProcess.failure(place.waiting().poll())).hasMessageContaining(key)
				.hasMessageContaining("remove it, or use another 'coordination.namespace'")
				.extracting(BackendException::mayHaveApplied)
				.isEqualTo(false);
			assertThat(this.redis.lrange(key, 0, -1)).containsExactly("a");
			stored(this.redis).stream()
				.filter((stored) -> !stored.equals(key))
				.forEach((stored) -> assertThat(this.redis.pttl(stored)).as(stored).isPositive());
			stored(this.redis).forEach(this.redis::del);
		}
	}

	@Test
	void fenceThatIsNoNumberIsNamedAndLeftAlone() {
		this.redis.set(keys().fence(), "seven");
		assertThat(RedisProcess.failure(this.process.backend().tryAcquire(request()))).hasMessage("Redis refused: key '"
				+ keys().fence() + "' is no fence: remove it, or use another 'coordination.namespace'");
		assertThat(this.redis.get(keys().fence())).isEqualTo("seven");
		assertThat(stored(this.redis)).containsExactly(keys().fence());
	}

	private void assertClear(Foreign foreign, BackendException ex) {
		assertThat(ex).hasMessage("Key '" + keys().lock() + "' in Redis is no lock of this library (" + foreign
				+ "), and is left alone: remove it, or use another 'coordination.namespace'");
		assertThat(ex.mayHaveApplied()).isFalse();
	}

}
