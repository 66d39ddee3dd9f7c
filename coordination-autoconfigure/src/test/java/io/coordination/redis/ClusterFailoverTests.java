package io.coordination.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.LockKey;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One of the masters of a cluster is lost.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "There are no signals to pause a process with")
@Tag("load")
class ClusterFailoverTests extends FailoverSentences {

	private final ClusterServers servers = closing(ClusterServers.start(Duration.ofSeconds(2)));

	/**
	 * A dead master is in nobody's way but theirs whose locks it has.
	 */
	@Test
	void locksOfOtherMastersAreHeldOn() throws Exception {
		ManagedLockRegistry locks = registry();
		RedisServer dead = master(NAME);
		List<LockHandle> others = new ArrayList<>();
		for (String name : namesElsewhere(dead)) {
			others.add(locks.acquire(LockSpec.of(name).withLeaseTime(Duration.ofMinutes(2))));
		}
		LockHandle there = locks.acquire(LockSpec.of(NAME).withLeaseTime(Duration.ofMinutes(2)));
		dead.kill();
		patiently().until(() -> there.state() == LockState.UNCERTAIN || there.state() == LockState.LOST);
		// A renewal that nothing but its time brings about would come later
		patiently().atMost(Duration.ofSeconds(25))
			.untilAsserted(() -> assertThat(others).allMatch((handle) -> handle.state() == LockState.HELD));
		assertThat(others).allMatch(LockHandle::release);
		for (LockHandle handle : others) {
			LockHandle again = locks.acquire(handle.name());
			assertThat(again.fencingToken()).isGreaterThan(handle.fencingToken());
			assertThat(again.release()).isTrue();
		}
	}

	private List<String> namesElsewhere(RedisServer dead) {
		List<String> names = IntStream.range(0, 1000)
			.mapToObj((i) -> "elsewhere:" + i)
			.filter((name) -> this.servers.master(keys(name).lock()) != dead)
			.limit(5)
			.toList();
		assertThat(names).hasSize(5);
		return names;
	}

	@Override
	LettuceConnectionFactory connectionFactory() {
		return this.servers.connectionFactory();
	}

	@Override
	RedisKeys keys(String name) {
		return RedisKeys.inCluster(new LockKey(key().namespace(), name));
	}

	@Override
	RedisServer master(String name) {
		return this.servers.master(keys(name).lock());
	}

	@Override
	List<RedisServer> replicas(String name) {
		String port = String.valueOf(master(name).port());
		return this.servers.nodes()
			.stream()
			.filter((node) -> on(node, (redis) -> redis.info("replication")).contains("master_port:" + port))
			.toList();
	}

	@Override
	RedisServer awaitOtherMaster(String name, RedisServer old) {
		ClusterServers.patiently().until(() -> master(name) != old);
		return master(name);
	}

	@Override
	void bringBack(RedisServer server) {
		server.restart();
		this.servers.awaitServing();
	}

	@Override
	<T> T on(RedisServer server, Function<RedisCommands<String, String>, T> question) {
		return this.servers.on(server, question);
	}

}
