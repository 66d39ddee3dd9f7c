package io.coordination.redis;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;

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
 * The master that the sentinels watch is lost.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "There are no signals to pause a process with")
@Tag("load")
class SentinelFailoverTests extends FailoverSentences {

	private final SentinelServers servers = closing(SentinelServers.start(Duration.ofSeconds(2)));

	/**
	 * Its connections stay open, and nothing is answered on them.
	 */
	@Test
	void masterThatIsSilentIsLeft() throws Exception {
		ManagedLockRegistry locks = registry();
		LockHandle held = locks.acquire(LockSpec.of(NAME).withLeaseTime(Duration.ofSeconds(30)));
		RedisServer master = master(NAME);
		awaitReplication(master);
		master.pause();
		try {
			RedisServer other = awaitOtherMaster(NAME, master);
			patiently().until(() -> held.verify().handle((ours, ex) -> ex == null && ours).toCompletableFuture().get());
			assertThat(held.state()).isEqualTo(LockState.HELD);
			assertThat(held.release()).isTrue();
			boolean there = on(other, (redis) -> redis.exists(keys(NAME).lock())) > 0;
			assertThat(there).isFalse();
		}
		finally {
			master.resume();
		}
	}

	/**
	 * A server that was made a replica while its connections stood refuses to write.
	 */
	@Test
	void masterThatBecameAReplicaIsLeft() throws Exception {
		ManagedLockRegistry locks = registry();
		locks.acquire(NAME).release();
		RedisServer old = master(NAME);
		awaitReplication(old);
		this.servers.failOver();
		awaitOtherMaster(NAME, old);
		patiently().ignoreExceptions().until(() -> {
			LockHandle held = locks.acquire(NAME);
			return held.release();
		});
		assertThat(on(master(NAME), (redis) -> redis.clientList()).lines()
			.filter((line) -> line.contains("cmd=subscribe"))).hasSizeGreaterThanOrEqualTo(1);
	}

	@Override
	LettuceConnectionFactory connectionFactory() {
		return this.servers.connectionFactory();
	}

	@Override
	RedisKeys keys(String name) {
		return RedisKeys.of(new LockKey(key().namespace(), name));
	}

	@Override
	RedisServer master(String name) {
		return this.servers.master();
	}

	@Override
	List<RedisServer> replicas(String name) {
		return this.servers.replicas();
	}

	@Override
	RedisServer awaitOtherMaster(String name, RedisServer old) {
		return this.servers.awaitOtherMaster(old);
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
