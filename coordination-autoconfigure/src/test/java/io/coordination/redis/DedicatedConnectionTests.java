package io.coordination.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockLost;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A command of the application that takes its time delays no lock.
 */
class DedicatedConnectionTests extends RedisFixture {

	private static final Duration LEASE = Duration.ofSeconds(2);

	private final Queue<LockEvent> events = new ConcurrentLinkedQueue<>();

	@Test
	@SuppressWarnings("unchecked")
	void locksAreRenewedWhileTheApplicationsConnectionIsBusy() throws Exception {
		LettuceConnectionFactory connections = server().connectionFactory();
		closing(connections::destroy);
		ManagedLockRegistry locks = closing(
				LockRegistryBuilder.of(new RedisLockBackendFactory(connections, RedisLockSettings.defaults()))
					.namespace(key().namespace())
					.listener(this.events::add)
					.build());
		LockHandle held = locks.acquire(LockSpec.of("order").withLeaseTime(LEASE));
		try (RedisConnection connection = connections.getConnection()) {
			RedisClusterAsyncCommands<byte[], byte[]> shared = (RedisClusterAsyncCommands<byte[], byte[]>) connection
				.getNativeConnection();
			byte[] list = ("coordination:" + key().namespace() + ":list").getBytes(StandardCharsets.UTF_8);
			RedisFuture<?> slow = shared.blpop(60, list);
			RedisFuture<?> behind = shared.get(list);
			Awaitility.await().pollDelay(LEASE.multipliedBy(3)).atMost(LEASE.multipliedBy(20)).untilAsserted(() -> {
				assertThat(held.state()).isEqualTo(LockState.HELD);
				assertThat(held.verify().toCompletableFuture().get()).isTrue();
			});
			LockHandle another = locks.acquire("another");
			assertThat(another.release()).isTrue();
			assertThat(slow.isDone()).as("the slow command").isFalse();
			assertThat(behind.isDone()).as("the command behind it").isFalse();
			redis().lpush(new String(list, StandardCharsets.UTF_8), "end");
			Awaitility.await().until(behind::isDone);
		}
		assertThat(this.events).doesNotHaveAnyElementsOfTypes(LockLost.class);
		assertThat(held.release()).isTrue();
	}

}
