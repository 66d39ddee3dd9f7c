package io.coordination.redis;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.coordination.backend.BackendException;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which servers are fit for locks.
 */
class ServerFitnessTests extends RedisFixture {

	@Test
	void plainServerIsFit() {
		assertThat(RedisProcess.answer(process().backend().check())).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "allkeys-lru", "allkeys-random", "volatile-ttl", "volatile-lfu" })
	void serverThatMayEvictIsWarnedOf(String policy) {
		RedisServer server = closing(RedisServer.start("--maxmemory-policy", policy));
		RedisProcess process = closing(new RedisProcess(server.connectionFactory(), PATIENT));
		assertThat(RedisProcess.answer(process.backend().check()))
			.containsExactly("Redis may evict a held lock: its maxmemory-policy is '" + policy
					+ "'. Use 'noeviction', or a server of its own for locks");
	}

	@Test
	void replicaIsRefused() {
		RedisServer master = closing(RedisServer.start());
		RedisServer replica = closing(RedisServer.start("--replicaof", "127.0.0.1 " + master.port()));
		RedisCommands<String, String> redis = redis(replica);
		Awaitility.await().until(() -> redis.info("replication").contains("master_link_status:up"));
		RedisProcess process = closing(new RedisProcess(replica.connectionFactory(), PATIENT));
		assertThat(RedisProcess.failure(process.backend().check())).hasMessage("Redis is a replica of 127.0.0.1:"
				+ master.port() + ", and locks are written: point 'spring.data.redis.*' to the master");
		BackendException ex = RedisProcess.failure(process.backend().tryAcquire(request()));
		assertThat(ex).hasMessageStartingWith("Redis refused: it is a replica, and locks are written: "
				+ "point 'spring.data.redis.*' to the master (READONLY");
		assertThat(ex.mayHaveApplied()).isFalse();
	}

	@Test
	void serverThatTellsNothingIsWarnedOf() {
		RedisServer server = closing(
				RedisServer.start("--user", "default", "on", "nopass", "~*", "&*", "+@all", "-info"));
		RedisProcess process = closing(new RedisProcess(server.connectionFactory(), PATIENT));
		assertThat(RedisProcess.answer(process.backend().check()))
			.containsExactly("Redis does not tell this user whether it is fit for locks: permit it INFO");
	}

	@ParameterizedTest
	@ValueSource(strings = { "2.8.24", "3.2.100", "4.0.14", "5.0.14.1" })
	void serverThatLacksACommandIsRefused(String version) {
		assertThatExceptionOfType(BackendException.class)
			.isThrownBy(() -> RedisServerInfo.check("# Server\r\nredis_version:" + version + "\r\nrole:master\r\n"))
			.withMessage("Redis " + version + " is too old for locks: they need 6.2 or newer");
	}

	@ParameterizedTest
	@CsvSource({ "6.0.20, 1", "6.1.240, 1", "6.2.0, 0", "7.0.15, 0", "8.4.0, 0", "10.0.1, 0", "255.255.255, 0" })
	void serverThatWasNeverTriedIsWarnedOf(String version, int warnings) {
		assertThat(RedisServerInfo.check("redis_version:" + version + "\r\nredis_mode:standalone\r\n"))
			.hasSize(warnings)
			.allMatch((warning) -> warning
				.equals("Redis " + version + " is older than 6.2, the oldest version these locks are tried with"));
	}

	@Test
	void serverThatSaysNothingOfItselfIsNotBlamed() {
		assertThat(RedisServerInfo.check("")).isEmpty();
		assertThat(RedisServerInfo.check("server_name:other\n")).isEmpty();
	}

}
