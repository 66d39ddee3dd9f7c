package io.coordination.redis;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.lettuce.core.cluster.SlotHash;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The servers that other tests need are what they should be.
 */
class SeveralServersTests {

	@Test
	void clusterSpreadsKeysOverMastersAndMovesThem() {
		try (ClusterServers cluster = ClusterServers.start(Duration.ofSeconds(15))) {
			assertThat(cluster.nodes()).hasSize(6);
			assertThat(cluster.masters()).hasSize(3);
			RedisServer from = cluster.master("order");
			int slot = SlotHash.getSlot("order");
			String set = cluster.on(from, (redis) -> redis.set("order", "42"));
			assertThat(set).isEqualTo("OK");
			RedisServer to = cluster.masters().stream().filter((node) -> node != from).findFirst().orElseThrow();
			cluster.move(slot, from, to);
			assertThat(cluster.master("order")).isSameAs(to);
			String moved = cluster.on(to, (redis) -> redis.get("order"));
			assertThat(moved).isEqualTo("42");
			cluster.kill();
			cluster.restart();
			assertThat(cluster.masters()).hasSize(3);
			String forgotten = cluster.on(cluster.master("order"), (redis) -> redis.get("order"));
			assertThat(forgotten).isNull();
		}
	}

	@Test
	void sentinelsReplaceAMasterThatIsGone() {
		try (SentinelServers servers = SentinelServers.start(Duration.ofSeconds(1))) {
			RedisServer old = servers.master();
			assertThat(servers.replicas()).hasSize(2).doesNotContain(old);
			old.kill();
			RedisServer master = servers.awaitOtherMaster(old);
			assertThat(master).isNotSameAs(old);
			old.restart();
			servers.awaitServing();
			assertThat(servers.replicas()).contains(old);
		}
	}

}
