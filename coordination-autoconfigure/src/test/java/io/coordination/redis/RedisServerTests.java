package io.coordination.redis;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

class RedisServerTests {

	@AutoClose
	private final RedisServer server = RedisServer.start();

	@Test
	void answersAndForgetsEverythingWhenRestarted() {
		assertThat(size()).isZero();
		LettuceConnectionFactory factory = this.server.connectionFactory();
		try (RedisConnection connection = factory.getConnection()) {
			connection.stringCommands().set("a".getBytes(StandardCharsets.UTF_8), "b".getBytes(StandardCharsets.UTF_8));
		}
		factory.destroy();
		assertThat(size()).isOne();
		int port = this.server.port();
		this.server.restart();
		assertThat(this.server.port()).isEqualTo(port);
		assertThat(size()).isZero();
	}

	@Test
	void sharedServerIsOne() {
		assertThat(RedisServer.shared()).isSameAs(RedisServer.shared());
		assertThat(RedisServer.shared().port()).isNotEqualTo(this.server.port());
	}

	private long size() {
		LettuceConnectionFactory factory = this.server.connectionFactory();
		try (RedisConnection connection = factory.getConnection()) {
			return connection.serverCommands().dbSize();
		}
		finally {
			factory.destroy();
		}
	}

}
