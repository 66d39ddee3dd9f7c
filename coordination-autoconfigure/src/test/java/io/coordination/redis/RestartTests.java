package io.coordination.redis;

import java.time.Duration;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.backend.BackendLease;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockRegistryStoppedException;
import io.coordination.lock.ManagedLockRegistry;

import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A stopped application holds no connection, and a started one speaks over new ones.
 */
class RestartTests extends RedisFixture {

	private final RedisServer server = closing(RedisServer.start());

	private final RedisCommands<String, String> redis = redis();

	private final long own = this.redis.clientId();

	@Override
	RedisServer server() {
		return this.server;
	}

	@Test
	void registryAndConnectionsStopAndStart() throws Exception {
		LettuceConnectionFactory connections = this.server.connectionFactory();
		closing(connections::destroy);
		ManagedLockRegistry locks = closing(
				LockRegistryBuilder.of(new RedisLockBackendFactory(connections, PATIENT)).namespace("shop").build());
		LockHandle first = locks.acquire("order:42");
		assertThat(first.release()).isTrue();
		Set<Long> before = clients();
		assertThat(before).isNotEmpty();
		locks.stop(Duration.ZERO);
		connections.stop();
		Awaitility.await().untilAsserted(() -> assertThat(clients()).isEmpty());
		assertThatExceptionOfType(LockRegistryStoppedException.class).isThrownBy(() -> locks.acquire("order:42"));
		assertThat(clients()).isEmpty();
		connections.start();
		locks.start();
		LockHandle second = locks.acquire("order:42");
		assertThat(second.fencingToken()).isGreaterThan(first.fencingToken());
		assertThat(clients()).isNotEmpty().doesNotContainAnyElementsOf(before);
		assertThat(second.release()).isTrue();
	}

	@Test
	void pausedContextStopsLocksAndStartsThemAgain() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class, RedisLockAutoConfiguration.class,
					CoordinationAutoConfiguration.class))
			.withPropertyValues("spring.data.redis.url=" + this.server.url(), "spring.application.name=shop")
			.run((context) -> {
				ManagedLockRegistry locks = context.getBean(ManagedLockRegistry.class);
				locks.acquire("order:42").release();
				Set<Long> before = clients();
				context.getSourceApplicationContext().stop();
				Awaitility.await().untilAsserted(() -> assertThat(clients()).isEmpty());
				assertThatExceptionOfType(LockRegistryStoppedException.class)
					.isThrownBy(() -> locks.acquire("order:42"));
				context.getSourceApplicationContext().start();
				LockHandle handle = locks.acquire("order:42");
				assertThat(clients()).isNotEmpty().doesNotContainAnyElementsOf(before);
				assertThat(handle.release()).isTrue();
			});
		Awaitility.await().untilAsserted(() -> assertThat(clients()).isEmpty());
	}

	@Test
	void waitersAreServedOverTheNewConnections() throws InterruptedException {
		LettuceConnectionFactory connections = this.server.connectionFactory();
		RedisProcess before = new RedisProcess(connections, PATIENT);
		BackendLease old = before.acquire(request());
		before.await(request());
		before.backend().close();
		RedisProcess after = closing(new RedisProcess(connections, PATIENT));
		this.redis.del(keys().queue(), keys().waiters());
		RedisProcess.Place place = after.await(request());
		assertThat(after.release(old)).isTrue();
		place.pushed();
	}

	private Set<Long> clients() {
		return Pattern.compile("^id=(\\d+)", Pattern.MULTILINE)
			.matcher(this.redis.clientList())
			.results()
			.map(MatchResult::group)
			.map((id) -> Long.valueOf(id.substring(3)))
			.filter((id) -> id != this.own)
			.collect(Collectors.toSet());
	}

}
