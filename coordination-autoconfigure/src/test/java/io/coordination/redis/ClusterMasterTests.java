package io.coordination.redis;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.BackendListener;
import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is asked of the masters of a cluster, and of nobody else.
 */
class ClusterMasterTests extends RedisFixture implements BackendListener {

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
		assertReplicasLeft();
	}

	/**
	 * Half of the nodes are asked when another has answered already.
	 */
	@Test
	void nodesThatAnswerLateAreNotStayedWith() {
		LettuceConnectionFactory connections = cluster.connectionFactory();
		closing(connections::destroy);
		RedisClients.Opened opened = RedisClients.open(connections, PATIENT.commandTimeout());
		closing(opened::close);
		Set<String> late = cluster.nodes()
			.stream()
			.filter((node) -> !cluster.masters().contains(node))
			.map((node) -> node.host() + ":" + node.port())
			.collect(Collectors.toSet());
		ClusterTopology topology = new ClusterTopology(opened.seeds(), (address) -> {
			if (late.contains(address)) {
				Awaitility.await().pollDelay(Duration.ofMillis(500)).until(() -> true);
			}
			return new ClusterNode(address, opened.at(address), this, new ServerClock(System::nanoTime),
					(from, channel, message) -> {
					});
		}, () -> {
		});
		assertThat(RedisProcess.answer(topology.refresh(null)).all()).hasSize(3);
		assertReplicasLeft();
		topology.close();
		topology.endClosing();
	}

	@Override
	public void disconnected() {
		// Not of interest here
	}

	@Override
	public void reconnected() {
		// Not of interest here
	}

	@Override
	public void strayGrant(LockKey key, OwnerId owner) {
		// Not of interest here
	}

	private static void assertReplicasLeft() {
		List<RedisServer> masters = cluster.masters();
		Awaitility.await()
			.untilAsserted(() -> assertThat(cluster.nodes()).filteredOn((node) -> !masters.contains(node))
				.allMatch((node) -> cluster.on(node, RedisCommands::clientList)
					.lines()
					.noneMatch((line) -> line.contains("cmd=cluster|slots"))));
	}

}
