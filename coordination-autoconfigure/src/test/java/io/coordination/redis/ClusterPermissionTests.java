package io.coordination.redis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;

import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The permissions that the page on Redis lists for a cluster are enough.
 */
class ClusterPermissionTests extends RedisFixture {

	private static final Path PAGE = Path.of("..", "docs", "backends", "redis.md");

	private static final LockKey KEY = new LockKey("shop", "order:42");

	private static ClusterServers cluster;

	@BeforeAll
	static void start() {
		cluster = ClusterServers.start(Duration.ofSeconds(15));
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	@Test
	void listedPermissionsAreEnough() throws Exception {
		permit(permissions());
		RedisProcess a = member();
		RedisProcess b = member();
		assertThat(RedisProcess.answer(a.backend().check())).isEmpty();
		BackendLease held = a.acquire(LockRequest.exclusive(KEY, owner(), LONG));
		RedisProcess.Place place = b.await(LockRequest.exclusive(KEY, owner(), LONG));
		assertThat(a.release(held)).isTrue();
		BackendLease next = place.pushed();
		String lock = RedisKeys.inCluster(KEY).lock();
		int slot = SlotHash.getSlot(lock);
		RedisServer from = cluster.master(lock);
		RedisServer to = cluster.masters().stream().filter((node) -> node != from).findFirst().orElseThrow();
		cluster.beginMove(slot, from, to);
		cluster.moveKeys(slot, from, to, 1000);
		assertThat(b.renew(next, LONG)).isTrue();
		cluster.endMove(slot, to);
		assertThat(b.release(next)).isTrue();
	}

	/**
	 * Then waiters find out by polling, or hear of it over a channel of the whole
	 * cluster.
	 */
	@Test
	void handOffIsHeardOfWithoutShardedChannels() throws Exception {
		List<String> fewer = new ArrayList<>(permissions());
		assertThat(fewer.removeAll(List.of("+ssubscribe", "+sunsubscribe", "+spublish"))).isTrue();
		permit(fewer);
		RedisProcess a = member();
		RedisProcess b = member();
		BackendLease held = a.acquire(LockRequest.exclusive(KEY, owner(), LONG));
		RedisProcess.Place place = b.await(LockRequest.exclusive(KEY, owner(), LONG));
		assertThat(a.release(held)).isTrue();
		assertThat(b.release(place.pushed())).isTrue();
	}

	private RedisProcess member() {
		RedisClusterConfiguration configuration = new RedisClusterConfiguration();
		cluster.nodes().forEach((node) -> configuration.clusterNode(node.host(), node.port()));
		configuration.setUsername("locks");
		configuration.setPassword("secret");
		LettuceConnectionFactory connections = new LettuceConnectionFactory(configuration);
		connections.afterPropertiesSet();
		return closing(new RedisProcess(connections, PATIENT));
	}

	private static List<String> permissions() throws IOException {
		String begin = "In a cluster also `";
		List<String> all = new ArrayList<>(PermissionTests.permissions());
		String line = Files.readAllLines(PAGE, StandardCharsets.UTF_8)
			.stream()
			.filter((text) -> text.startsWith(begin))
			.findFirst()
			.orElseThrow();
		all.addAll(List.of(line.substring(begin.length(), line.lastIndexOf('`')).split(" ")));
		return all;
	}

	private static void permit(List<String> permissions) {
		cluster.nodes().forEach((node) -> {
			CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8);
			arguments.add("SETUSER").add("locks").add("reset").add("on").add(">secret");
			permissions.forEach(arguments::add);
			String answer = cluster.on(node,
					(redis) -> redis.dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), arguments));
			assertThat(answer).isEqualTo("OK");
		});
	}

}
