package io.coordination.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockRequest;
import io.coordination.backend.Rotation;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Scripts are called by their digest, and a server that has forgotten them is told again.
 */
class ScriptCacheTests extends RedisFixture {

	private RedisServer server;

	private RedisCommands<String, String> redis;

	@BeforeEach
	void start() {
		this.server = closing(RedisServer.start());
		this.redis = redis();
	}

	@Override
	RedisServer server() {
		return this.server;
	}

	@ParameterizedTest
	@EnumSource
	void digestIsTheOneOfTheServer(RedisScript script) {
		assertThat(this.redis.scriptLoad(script.text().getBytes(StandardCharsets.UTF_8))).isEqualTo(script.digest());
	}

	@Test
	void everyOperationWorksOnAServerThatHasForgottenIt() throws InterruptedException {
		RedisProcess process = process();
		LockRequest request = request();
		BackendLease lease = forgotten(() -> process.acquire(request));
		assertThat(forgotten(() -> process.acquire(request))).isEqualTo(lease);
		assertThat(forgotten(() -> process.renew(lease, LONG))).isTrue();
		RedisProcess.Place first = forgotten(() -> process.await(request()));
		RedisProcess.Place second = process.enqueue(request());
		Rotation rotation = forgotten(() -> RedisProcess.answer(process.backend().rotate(lease, second.waiting())));
		assertThat(rotation.released()).isTrue();
		RedisProcess.busy(rotation.next());
		first.pushed();
		assertThat(forgotten(() -> process.withdraw(first.request()))).isTrue();
		BackendLease last = second.pushed();
		assertThat(forgotten(() -> process.release(last))).isTrue();
		assertThat(stored(this.redis)).containsExactly(keys().fence());
	}

	@Test
	void textIsSentOnce() {
		RedisProcess process = process();
		for (int i = 0; i < 10; i++) {
			process.release(process.acquire(request()));
		}
		assertThat(this.redis.info("commandstats")).contains("cmdstat_eval:calls=2,")
			.contains("cmdstat_evalsha:calls=18,");
	}

	@Test
	void flushesUnderLoadHurtNobody() {
		RedisProcess process = process();
		for (int round = 0; round < 20; round++) {
			List<LockRequest> requests = List.of(request(key("a"), LONG), request(key("b"), LONG),
					request(key("c"), LONG));
			var answers = requests.stream().map(process.backend()::tryAcquire).toList();
			this.redis.scriptFlush();
			var leases = answers.stream().map(RedisProcess::answer).map(RedisProcess::granted).toList();
			var releases = leases.stream().map((lease) -> process.backend().release(lease, Duration.ZERO)).toList();
			this.redis.scriptFlush();
			assertThat(releases.stream().map(RedisProcess::answer)).containsOnly(true);
		}
	}

	private <T> T forgotten(Supplier<T> operation) {
		this.redis.scriptFlush();
		return operation.get();
	}

}
