package io.coordination.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendException;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockRequest;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A request that reaches the server after its time has no effect: whoever sent it has
 * given it up, and nobody would give back what it takes.
 */
class LateRequestTests extends RedisFixture {

	private static final String SOON = "9000000000000000";

	private final RedisCommands<String, String> redis = redis();

	@Test
	void lateAcquireTakesNothing() {
		assertLate(run(this.redis, RedisScript.ACQUIRE, "late", "60000", past(), "0"), 0);
		assertThat(stored(this.redis)).isEmpty();
		assertThat(run(this.redis, RedisScript.ACQUIRE, "intime", "60000", SOON, "0")).first().isEqualTo("GRANTED");
	}

	@Test
	void latePollTakesNothingAndJoinsNothing() {
		assertLate(run(this.redis, RedisScript.ACQUIRE, "late", "60000", past(), "0", "1800", "2000", "channel"), 0);
		assertThat(stored(this.redis)).isEmpty();
		run(this.redis, RedisScript.ACQUIRE, "holder", "60000", SOON, "0");
		String before = this.redis.get(keys().lock());
		assertLate(run(this.redis, RedisScript.ACQUIRE, "late", "60000", past(), "0", "1800", "2000", "channel"), 0);
		assertThat(this.redis.get(keys().lock())).isEqualTo(before);
		assertThat(stored(this.redis)).containsExactly(keys().fence(), keys().lock());
	}

	@Test
	void lateAcquireOfTheHolderDoesNotArmTheLease() {
		run(this.redis, RedisScript.ACQUIRE, "holder", "60000", SOON, "0");
		assertLate(run(this.redis, RedisScript.ACQUIRE, "holder", "120000", past(), "0"), 0);
		assertThat(this.redis.pttl(keys().lock())).isLessThanOrEqualTo(60_000);
	}

	@Test
	void lateRotationNeitherReleasesNorJoins() {
		run(this.redis, RedisScript.ACQUIRE, "holder", "60000", SOON, "0");
		String before = this.redis.get(keys().lock());
		List<Object> answer = run(this.redis, RedisScript.ROTATE, "next", "60000", past(), "0", "1800", "2000",
				"channel", "holder");
		assertThat(answer).first().isEqualTo(0L);
		assertLate(answer, 1);
		assertThat(this.redis.get(keys().lock())).isEqualTo(before);
		assertThat(stored(this.redis)).containsExactly(keys().fence(), keys().lock());
	}

	@Test
	void requestThatWaitedInTheServersBufferHasNoEffect() {
		RedisServer server = closing(RedisServer.start());
		RedisCommands<String, String> redis = redis(server);
		RedisProcess process = closing(new RedisProcess(server.connectionFactory(),
				new RedisLockSettings(Duration.ofMillis(300), Duration.ofSeconds(2))));
		process.acquire(request(key("connects"), LONG));
		server.pause();
		List<CompletionStage<Attempt>> stages = List.of(process.backend().tryAcquire(request()),
				process.enqueue(request()).waiting().poll());
		for (CompletionStage<Attempt> stage : stages) {
			BackendException ex = RedisProcess.failure(stage);
			assertThat(ex).hasMessageStartingWith(
					"Redis did not answer in time (coordination.redis.command-timeout): EVALSHA. Command timed out");
			assertThat(ex.mayHaveApplied()).isTrue();
		}
		server.resume();
		// answered in the order of sending, so the late ones have been dealt with
		RedisProcess.answer(process.backend().check());
		assertThat(redis.exists(keys().lock(), keys().queue(), keys().waiters())).isZero();
		assertThat(process.acquire(request()).revision()).isPositive();
	}

	/**
	 * The first answer lay unread for a minute, so the estimate is a minute behind.
	 */
	@Test
	void lateIsNotBusyAndIsOverWhenAskedAgain() {
		AtomicLong pause = new AtomicLong();
		AtomicLong asked = new AtomicLong();
		LettuceConnectionFactory connections = RedisServer.shared().connectionFactory();
		closing(connections::destroy);
		RedisLockSettings settings = RedisLockSettings.defaults();
		ServerClock clock = new ServerClock(() -> {
			// the second look at the clock is the one after the first answer
			long late = (asked.incrementAndGet() == 2) ? Duration.ofMinutes(1).toNanos() : 0;
			return System.nanoTime() + pause.get() + late;
		});
		LockBackend backend = closing(new RedisLockBackend(RedisClients.open(connections, settings.commandTimeout()),
				process(), settings, new AtomicLong(), clock));
		LockRequest request = request();
		BackendException ex = RedisProcess.failure(backend.tryAcquire(request));
		assertThat(ex).hasMessage("Redis got the request too late, and did nothing");
		assertThat(ex.mayHaveApplied()).isFalse();
		assertThat(stored(this.redis)).isEmpty();
		assertThat(RedisProcess.granted(RedisProcess.answer(backend.tryAcquire(request))).owner())
			.isEqualTo(request.owner());
	}

	@Test
	void requestIsInTimeForAsLongAsItsTimeOut() {
		RedisServer server = closing(RedisServer.start());
		RedisProcess process = closing(new RedisProcess(server.connectionFactory(),
				new RedisLockSettings(Duration.ofSeconds(15), Duration.ofSeconds(2))));
		process.acquire(request(key("connects"), LONG));
		server.pause();
		CompletionStage<Attempt> stage = process.backend().tryAcquire(request());
		Awaitility.await().pollDelay(Duration.ofSeconds(2)).until(() -> !stage.toCompletableFuture().isDone());
		server.resume();
		RedisProcess.granted(RedisProcess.answer(stage));
	}

	private String past() {
		return Long.toString(serverMicros(this.redis) - 1);
	}

	private void assertLate(List<Object> answer, int from) {
		assertThat(answer).hasSize(from + 2);
		assertThat(answer.get(from)).isEqualTo("LATE");
		assertThat((Long) answer.get(from + 1)).isBetween(serverMicros(this.redis) - 60_000_000,
				serverMicros(this.redis));
	}

}
