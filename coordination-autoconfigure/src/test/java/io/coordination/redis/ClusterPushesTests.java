package io.coordination.redis;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * News that comes over a connection to which the channel does not belong any more, such
 * as one to a master that became a replica, was heard before or will be found by polling.
 */
class ClusterPushesTests extends RedisFixture {

	@Test
	void newsFromWhereNobodyListensIsIgnored() {
		Queue<String> heard = new ConcurrentLinkedQueue<>();
		ClusterTopology topology = new ClusterTopology(List.of(), (address) -> {
			throw new IllegalStateException(address);
		}, () -> {
		});
		ClusterPushes pushes = new ClusterPushes(topology, heard::add);
		LettuceConnectionFactory connections = server().connectionFactory();
		closing(connections::destroy);
		RedisClients.Opened opened = RedisClients.open(connections, PATIENT.commandTimeout());
		closing(opened::close);
		pushes.pushed(new NodePushes(opened, pushes), "coordination:push:{39}:gone", "v=1");
		assertThat(heard).isEmpty();
	}

}
