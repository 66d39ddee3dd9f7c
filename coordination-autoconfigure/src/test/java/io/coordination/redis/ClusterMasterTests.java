package io.coordination.redis;

import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is asked of the masters of a cluster, and of nobody else.
 */
class ClusterMasterTests extends RedisFixture {

	private static ClusterServers cluster;

	@BeforeAll
	static void start() {
		cluster = ClusterServers.start(Duration.ofSeconds(15));
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	private RedisProcess member() {
		return closing(new RedisProcess(cluster.connectionFactory(), PATIENT));
	}

	@Test
	void masterThatMayEvictIsWarnedOf() {
		RedisProcess process = member();
		assertThat(RedisProcess.answer(process.backend().check())).isEmpty();
		RedisServer master = cluster.master(RedisKeys.inCluster(key()).lock());
		cluster.on(master, (redis) -> redis.configSet("maxmemory-policy", "allkeys-lru"));
		try {
			assertThat(RedisProcess.answer(process.backend().check())).singleElement()
				.asString()
				.startsWith("Redis may evict a held lock: its maxmemory-policy is 'allkeys-lru'");
		}
		finally {
			cluster.on(master, (redis) -> redis.configSet("maxmemory-policy", "noeviction"));
		}
	}

	@Test
	void nodesThatAreNoMastersAreNotStayedWith() {
		RedisProcess process = member();
		assertThat(process.release(process.acquire(request()))).isTrue();
		List<RedisServer> masters = cluster.masters();
		Awaitility.await()
			.untilAsserted(() -> assertThat(cluster.nodes()).filteredOn((node) -> !masters.contains(node))
				.allMatch((node) -> cluster.on(node, RedisCommands::clientList)
					.lines()
					.noneMatch((line) -> line.contains("cmd=cluster|slots"))));
	}

}
