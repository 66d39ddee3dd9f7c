package io.coordination.redis;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockRequest;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The number of a grant: the largest of one more than the last, the server's time and one
 * more than what the client has seen.
 */
class RevisionTests extends RedisFixture {

	private static final String SOON = "9000000000000000";

	private static final long MAX = (1L << 53) - 1;

	private final RedisCommands<String, String> redis = redis();

	private final RedisProcess process = process();

	@Test
	void isTheTimeOfTheServerInMicroseconds() {
		long before = serverMicros(this.redis);
		long revision = this.process.acquire(request()).revision();
		assertThat(revision).isBetween(before, serverMicros(this.redis));
	}

	@Test
	void isInTheValueAndInTheFence() {
		LockRequest request = request();
		long revision = this.process.acquire(request).revision();
		assertThat(this.redis.get(keys().lock())).isEqualTo("v=1 owner=" + request.owner() + " rev=" + revision);
		assertThat(this.redis.get(keys().fence())).isEqualTo(Long.toString(revision));
		assertThat(this.redis.pttl(keys().fence())).isEqualTo(-1);
	}

	@Test
	void ofARepeatedAcquireIsTheSameAlthoughTheFenceMovedOn() {
		LockRequest request = request();
		BackendLease lease = this.process.acquire(request);
		long other = this.process.acquire(request(key("other"), LONG)).revision();
		assertThat(this.redis.get(keys().fence())).isEqualTo(Long.toString(other));
		assertThat(other).isGreaterThan(lease.revision());
		assertThat(this.process.acquire(request)).isEqualTo(lease);
		assertThat(RedisProcess.granted(this.process.enqueue(request).poll())).isEqualTo(lease);
		assertThat(this.redis.get(keys().fence())).isEqualTo(Long.toString(other));
	}

	@Test
	void isOneMoreThanTheLastWhenTheClockWentBack() {
		long ahead = serverMicros(this.redis) + 3_600_000_000L;
		this.redis.set(keys().fence(), Long.toString(ahead));
		BackendLease lease = this.process.acquire(request());
		assertThat(lease.revision()).isEqualTo(ahead + 1);
		assertThat(this.process.acquire(request(key("other"), LONG)).revision()).isEqualTo(ahead + 2);
		RedisProcess.Place place = this.process.await(request());
		this.process.release(lease);
		assertThat(RedisProcess.granted(place.poll()).revision()).isEqualTo(ahead + 3);
	}

	@Test
	void isOneMoreThanWhatTheClientHasSeenWhenTheDataIsLost() {
		RedisServer server = closing(RedisServer.start());
		RedisCommands<String, String> redis = redis(server);
		RedisProcess process = closing(new RedisProcess(server.connectionFactory(), PATIENT));
		long ahead = serverMicros(redis) + 3_600_000_000L;
		redis.set(keys().fence(), Long.toString(ahead));
		assertThat(process.acquire(request()).revision()).isEqualTo(ahead + 1);
		redis.flushall();
		BackendLease lease = process.acquire(request());
		assertThat(lease.revision()).isEqualTo(ahead + 2);
		// by a release, too
		RedisProcess.Place place = process.await(request());
		redis.del(keys().fence());
		process.release(lease);
		BackendLease next = RedisProcess.granted(place.poll());
		assertThat(next.revision()).isEqualTo(ahead + 3);
		// by a withdrawal
		place = process.await(request());
		redis.del(keys().fence());
		process.withdraw(LockRequest.exclusive(key(), next.owner(), LONG));
		next = RedisProcess.granted(place.poll());
		assertThat(next.revision()).isEqualTo(ahead + 4);
		// and by a rotation
		place = process.await(request());
		redis.del(keys().fence());
		RedisProcess.answer(process.backend().rotate(next, process.enqueue(request()).waiting()));
		assertThat(RedisProcess.granted(place.poll()).revision()).isEqualTo(ahead + 5);
	}

	@Test
	void seenIsWhatWasSeenOfOthersAndInAPush() throws InterruptedException {
		long ahead = serverMicros(this.redis) + 3_600_000_000L;
		this.redis.psetex(keys().lock(), LONG.toMillis(), "v=1 owner=somebody rev=" + ahead);
		RedisProcess.busy(this.process.tryAcquire(request()));
		this.redis.del(keys().lock());
		BackendLease lease = this.process.acquire(request());
		assertThat(lease.revision()).isEqualTo(ahead + 1);
		RedisProcess other = process();
		RedisProcess.Place place = other.await(request());
		this.redis.set(keys().fence(), Long.toString(ahead + 100));
		this.process.release(lease);
		assertThat(place.pushed().revision()).isEqualTo(ahead + 101);
		this.redis.del(keys().fence());
		assertThat(other.acquire(request(key("other"), LONG)).revision()).isEqualTo(ahead + 102);
	}

	@Test
	void seenOutlivesTheBackend() {
		RedisLockBackendFactory factory = new RedisLockBackendFactory(connections(), RedisLockSettings.defaults());
		long ahead = serverMicros(this.redis) + 3_600_000_000L;
		this.redis.set(keys().fence(), Long.toString(ahead));
		LockRequest request = request();
		try (LockBackend backend = factory.open(this.process)) {
			RedisProcess.granted(RedisProcess.answer(backend.tryAcquire(request)));
		}
		this.redis.del(keys().lock(), keys().fence());
		try (LockBackend backend = factory.open(this.process)) {
			assertThat(RedisProcess.granted(RedisProcess.answer(backend.tryAcquire(request))).revision())
				.isEqualTo(ahead + 2);
		}
	}

	private LettuceConnectionFactory connections() {
		LettuceConnectionFactory connections = server().connectionFactory();
		closing(connections::destroy);
		return connections;
	}

	/**
	 * Although neither the fence nor the client that releases knows of it.
	 */
	@Test
	void ofAHandOffIsLargerThanThatOfTheLockItself() {
		long ahead = serverMicros(this.redis) + 3_600_000_000L;
		this.redis.psetex(keys().lock(), LONG.toMillis(), "v=1 owner=somebody rev=" + ahead);
		this.process.await(request());
		assertThat(run(this.redis, RedisScript.RELEASE, "somebody", "0", "0")).first().isEqualTo("RELEASED");
		assertThat(revision(this.redis.get(keys().lock()))).isEqualTo(ahead + 1);
	}

	@Test
	void mayBeTheLargestThatFitsAToken() {
		this.redis.set(keys().fence(), Long.toString(MAX - 1));
		assertThat(this.process.acquire(request()).revision()).isEqualTo(MAX);
		assertThat(this.redis.get(keys().fence())).isEqualTo(Long.toString(MAX));
	}

	@Test
	void neverWrapsAndNeverEndsInAnExponent() {
		for (String last : new String[] { Long.toString(MAX), Long.toString(MAX + 1), "9".repeat(30) }) {
			this.redis.set(keys().fence(), last);
			assertThat(RedisProcess.failure(this.process.backend().tryAcquire(request())))
				.hasMessage("Redis refused: no revision is left below 2^53 after key '" + keys().fence()
						+ "': use another 'coordination.namespace'");
			assertThat(this.redis.get(keys().fence())).isEqualTo(last);
			assertThat(this.redis.get(keys().lock())).isNull();
		}
	}

	@Test
	void neverWrapsForAClientThatHasSeenTheLargest() {
		assertThatExceptionOfType(RedisCommandExecutionException.class)
			.isThrownBy(() -> run(this.redis, RedisScript.ACQUIRE, "owner", "60000", SOON, Long.toString(MAX)))
			.withMessageContaining("no revision is left below 2^53");
		assertThat(run(this.redis, RedisScript.ACQUIRE, "owner", "60000", SOON, Long.toString(MAX - 1))).first()
			.isEqualTo("GRANTED");
		assertThat(revision(this.redis.get(keys().lock()))).isEqualTo(MAX);
	}

	@Test
	void handOffThatHasNoRevisionLeftLeavesTheHolder() {
		BackendLease lease = this.process.acquire(request());
		RedisProcess.Place place = this.process.await(request());
		this.redis.set(keys().fence(), Long.toString(MAX));
		assertThat(RedisProcess.failure(this.process.backend().release(lease, Duration.ZERO)))
			.hasMessageContaining("no revision is left");
		assertThat(this.process.renew(lease, LONG)).isTrue();
		assertThat(place.isPushed()).isFalse();
	}

}
