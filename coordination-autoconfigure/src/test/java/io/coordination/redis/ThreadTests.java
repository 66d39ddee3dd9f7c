package io.coordination.redis;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.ManagedLockRegistry;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Threads that locks need end with the locks; those of the application go on.
 */
@ExtendWith(OutputCaptureExtension.class)
class ThreadTests extends RedisFixture {

	@Test
	void threadsEndWhenTheRegistryIsClosed() throws Exception {
		LettuceConnectionFactory connections = server().connectionFactory();
		closing(connections::destroy);
		ping(connections);
		Set<Thread> before = threads();
		for (int i = 0; i < 3; i++) {
			lockAndUnlock(connections);
		}
		Awaitility.await().untilAsserted(() -> assertThat(threads()).isSubsetOf(before));
		ping(connections);
	}

	@Test
	void threadsEndWhenAServerWasNeverThere() {
		RedisServer server = RedisServer.start();
		server.close();
		LettuceConnectionFactory connections = server.connectionFactory();
		closing(connections::destroy);
		Set<Thread> before = threads();
		RedisProcess process = new RedisProcess(connections, PATIENT);
		assertThat(RedisProcess.failure(process.backend().tryAcquire(request())))
			.hasMessageStartingWith("Redis cannot be reached: ")
			.hasMessageContaining(String.valueOf(server.port()))
			.hasMessageEndingWith(". Check that it runs, and 'spring.data.redis.*'");
		process.backend().close();
		Awaitility.await().untilAsserted(() -> assertThat(threads()).isSubsetOf(before));
	}

	@Test
	void resourcesOfTheApplicationAreBorrowedAndLeftAlone(CapturedOutput output) throws Exception {
		ClientResources resources = DefaultClientResources.builder().ioThreadPoolSize(2).build();
		closing(() -> resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5000));
		LettuceConnectionFactory connections = new LettuceConnectionFactory(
				new RedisStandaloneConfiguration(server().host(), server().port()),
				LettuceClientConfiguration.builder().clientResources(resources).build());
		closing(connections::destroy);
		connections.afterPropertiesSet();
		connections.start();
		ping(connections);
		Set<Thread> before = threads();
		ManagedLockRegistry locks = closing(registry(connections));
		locks.acquire("order").release();
		assertThat(threads()).filteredOn((thread) -> !before.contains(thread))
			.extracting(Thread::getName)
			.as("threads other than those of the application")
			.allMatch((name) -> name.startsWith("coordination-") || name.startsWith("lettuce-nioEventLoop-"))
			.filteredOn((name) -> name.startsWith("lettuce-nioEventLoop-"))
			.hasSizeLessThan(2);
		locks.close();
		for (int i = 0; i < 3; i++) {
			lockAndUnlock(connections);
		}
		assertThat(resources.eventExecutorGroup().isShuttingDown()).isFalse();
		resources.timer().newTimeout((timeout) -> {
		}, 1, TimeUnit.SECONDS).cancel();
		connections.stop();
		connections.start();
		ping(connections);
		assertNothingIsDroppedUnclosed(output);
	}

	/**
	 * Lettuce complains of resources that are collected before they are shut down. A
	 * complaint that we provoke tells when all others would have been heard.
	 */
	private static void assertNothingIsDroppedUnclosed(CapturedOutput output) {
		drop();
		Awaitility.await().pollInterval(Duration.ofMillis(50)).until(() -> {
			System.gc();
			return complaints(output) > 0;
		});
		System.gc();
		Awaitility.await().pollDelay(Duration.ofMillis(200)).until(() -> true);
		assertThat(complaints(output)).isOne();
	}

	private static void drop() {
		DefaultClientResources dropped = DefaultClientResources.create();
		dropped.timer().stop();
		dropped.eventExecutorGroup().shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5000);
	}

	private static int complaints(CapturedOutput output) {
		return output.toString().split("was not shut down properly", -1).length - 1;
	}

	private void lockAndUnlock(LettuceConnectionFactory connections) throws Exception {
		try (ManagedLockRegistry locks = registry(connections)) {
			locks.acquire("order").release();
		}
	}

	private ManagedLockRegistry registry(LettuceConnectionFactory connections) {
		return LockRegistryBuilder.of(new RedisLockBackendFactory(connections, PATIENT))
			.namespace(key().namespace())
			.build();
	}

	private static void ping(LettuceConnectionFactory connections) {
		try (RedisConnection connection = connections.getConnection()) {
			assertThat(connection.ping()).isEqualTo("PONG");
		}
	}

	private static Set<Thread> threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().matches("(coordination|lettuce|netty|nio|redisson|epoll).*"))
			.collect(Collectors.toSet());
	}

}
