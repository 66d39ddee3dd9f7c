package io.coordination.redis;

import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockKey;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A cluster below 7.0 has no channels that belong to a slot: there, one channel for each
 * process is repeated by all nodes.
 */
class OldClusterTests extends RedisFixture {

	private final ClusterServers cluster = closing(
			ClusterServers.start(RedisExecutable.oldest(), Duration.ofSeconds(15)));

	private RedisProcess member() {
		return closing(new RedisProcess(this.cluster.connectionFactory(), PATIENT));
	}

	@Test
	void locksAreHandedOverOneChannel() throws InterruptedException {
		assertThat(this.cluster.nodes()).extracting((node) -> this.cluster.on(node, (redis) -> redis.info("server")))
			.allMatch((info) -> info.contains("redis_version:6."));
		RedisProcess holder = member();
		RedisProcess waiter = member();
		for (int i = 0; i < 20; i++) {
			handOver(holder, waiter, key("order:" + i));
		}
		assertThat(channels()).singleElement().asString().matches("coordination:push:[0-9a-f-]{36}");
		this.cluster.breakConnections();
		Awaitility.await()
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(RedisProcess.answer(waiter.backend().check())).isEmpty());
		Awaitility.await()
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(RedisProcess.answer(holder.backend().check())).isEmpty());
		for (int i = 20; i < 30; i++) {
			handOver(holder, waiter, key("order:" + i));
		}
		assertThat(channels()).hasSize(1);
	}

	private void handOver(RedisProcess holder, RedisProcess waiter, LockKey key) throws InterruptedException {
		BackendLease held = holder.acquire(request(key, LONG));
		RedisProcess.Place place = waiter.await(request(key, LONG));
		assertThat(holder.release(held)).isTrue();
		assertThat(place.pushed().revision()).isGreaterThan(held.revision());
		assertThat(place.isPushed()).as("twice").isFalse();
	}

	private List<String> channels() {
		return this.cluster.nodes()
			.stream()
			.flatMap((node) -> this.cluster.on(node, RedisCommands::pubsubChannels).stream())
			.toList();
	}

}
