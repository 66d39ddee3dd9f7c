package io.coordination.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is in a server after work is done.
 */
class LeftoverTests extends RedisFixture {

	@Test
	void onlyTheFenceStays() throws Exception {
		RedisServer server = closing(RedisServer.start());
		RedisCommands<String, String> redis = redis(server);
		ManagedLockRegistry a = registry(server);
		ManagedLockRegistry b = registry(server);
		List<CompletableFuture<LockHandle>> waiters = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			LockSpec spec = LockSpec.of("order:" + i % 5).withWaitTime(Duration.ofMinutes(1));
			waiters.add(((i % 2 == 0) ? a : b).acquireAsync(spec)
				.whenComplete((handle, ex) -> handle.releaseAsync())
				.toCompletableFuture());
		}
		CompletableFuture.allOf(waiters.toArray(CompletableFuture[]::new)).join();
		try (LockHandle held = a.acquire("busy")) {
			assertThat(held.fencingToken()).isPositive();
			assertThat(b.tryAcquire(LockSpec.of("busy").withWaitTime(Duration.ofMillis(100)))).isEmpty();
			assertThat(b.tryAcquire(LockSpec.of("busy").withWaitTime(Duration.ZERO))).isEmpty();
			assertThat(b.acquireAsync(LockSpec.of("busy")).toCompletableFuture().cancel(true)).isTrue();
		}
		// the cancelled one leaves in the background
		Awaitility.await().until(() -> redis.keys("*").size() == 1);
		a.close();
		b.close();
		assertThat(ScanIterator.scan(redis)).toIterable().containsExactly("coordination:shop:fence");
	}

	private ManagedLockRegistry registry(RedisServer server) {
		LettuceConnectionFactory connections = server.connectionFactory();
		closing(connections::destroy);
		return closing(
				LockRegistryBuilder.of(new RedisLockBackendFactory(connections, PATIENT)).namespace("shop").build());
	}

}
