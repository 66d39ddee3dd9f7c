package io.coordination.autoconfigure;

import java.time.Duration;

import io.lettuce.core.RedisClient;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.aop.DistributedLockAutoConfiguration;
import io.coordination.autoconfigure.FailingApplications.SecondBackend;
import io.coordination.autoconfigure.FailingApplications.TwoFactories;
import io.coordination.autoconfigure.FailingApplications.TwoMarkedFactories;
import io.coordination.lock.LockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;
import io.coordination.redis.CoordinationRedis;
import io.coordination.redis.RedisLockAutoConfiguration;
import io.coordination.redis.RedisServer;
import io.coordination.resilience.ResilienceAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * What is printed when an application does not start because of its locks.
 */
@ExtendWith(OutputCaptureExtension.class)
class StartUpFailureTests {

	private static final String MEMORY = "--coordination.backend=memory";

	@Test
	void withoutABackend(CapturedOutput output) {
		fails(new FilteredClassLoader(RedisClient.class, Jedis.class), Application.class);
		assertThat(output).contains(analysis("There is no lock backend, and locks are never only local.",
				"Add a client library, such as spring-boot-starter-data-redis, or curator-framework and set "
						+ "'coordination.zookeeper.connect-string', "
						+ "or set 'coordination.backend' to 'memory' in a test."));
	}

	@Test
	void withSeveralBackends(CapturedOutput output) {
		fails(SecondBackend.class);
		assertThat(output).contains(analysis("There are several lock backends: other, redis.",
				"Set 'coordination.backend' to one of them."));
	}

	@Test
	void withAnUnknownBackend(CapturedOutput output) {
		fails(Application.class, "--coordination.backend=zookeper");
		assertThat(output).contains(
				analysis("'coordination.backend' is 'zookeper', but there is no such lock backend; there is: redis.",
						"Set 'coordination.backend' to one of the backends (perhaps after adding its client library, "
								+ "such as spring-boot-starter-data-redis for 'redis'), or to 'memory' in a test."));
	}

	@Test
	void withAStoreThatCannotBeReached(CapturedOutput output) {
		fails(Application.class, "--coordination.fail-fast=true",
				"--spring.data.redis.url=redis://somebody:s3cret@127.0.0.1:1");
		assertThat(output)
			.containsPattern("Description:\\R\\RThe lock backend 'redis' cannot be used: "
					+ "Redis cannot be reached: .*Connection refused.*127.0.0.1.*Check that it runs, "
					+ "and 'spring.data.redis.\\*'\\.")
			.contains("Action:" + line() + line()
					+ "Start it, correct how it is reached and logged in to, or set 'coordination.fail-fast' "
					+ "to 'false' to start without it.")
			.doesNotContain("s3cret");
	}

	@Test
	void withAStoreThatRefusesThePassword(CapturedOutput output) {
		try (RedisServer server = RedisServer.start("--requirepass", "right")) {
			// The reason may be lost when the machine is slow, see CredentialsTests
			Awaitility.await().pollInSameThread().atMost(Duration.ofSeconds(30)).until(() -> {
				fails(Application.class, "--coordination.fail-fast=true",
						"--spring.data.redis.url=redis://:s3cret@127.0.0.1:" + server.port());
				return output.toString().contains("WRONGPASS");
			});
		}
		assertThat(output).contains("The lock backend 'redis' cannot be used: ")
			.contains("'spring.data.redis.*'")
			.doesNotContain("s3cret");
	}

	@Test
	void withAStoreThatDoesNotAnswer(CapturedOutput output) {
		try (RedisServer server = RedisServer.start()) {
			server.pause();
			fails(Application.class, "--coordination.fail-fast=true", "--coordination.redis.command-timeout=100ms",
					"--spring.data.redis.url=redis://:s3cret@127.0.0.1:" + server.port());
		}
		assertThat(output)
			.contains("The lock backend 'redis' cannot be used: Redis took the connection, but did not answer in time. "
					+ "Check that it is not stuck, and that both sides use TLS or neither does ")
			.contains("'coordination.fail-fast' to 'false'")
			.doesNotContain("s3cret");
	}

	@Test
	void startsWithoutTheStoreIfNotToldOtherwise(CapturedOutput output) {
		try (ConfigurableApplicationContext context = application(Application.class).run("--spring.data.redis.port=1",
				"--spring.data.redis.host=127.0.0.1")) {
			assertThat(context.getBean(LockRegistry.class).held()).isEmpty();
			Awaitility.await()
				.until(() -> output.toString()
					.contains("The lock store cannot be used now: Redis cannot be reached: "));
			assertThat(output).contains("Check that it runs, and 'spring.data.redis.*'. Locks fail until it can");
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void warnsOfAStoreThatMayEvictALock(boolean failFast, CapturedOutput output) {
		try (RedisServer server = RedisServer.start("--maxmemory-policy", "allkeys-lru");
				ConfigurableApplicationContext context = application(Application.class)
					.run("--coordination.fail-fast=" + failFast, "--spring.data.redis.url=" + server.url())) {
			assertThat(context.isRunning()).isTrue();
			Awaitility.await()
				.until(() -> output.toString()
					.contains("Redis may evict a held lock: its maxmemory-policy is 'allkeys-lru'. "
							+ "Use 'noeviction', or a server of its own for locks"));
		}
		assertThat(output).contains("WARN");
	}

	@Test
	void withAWaitTimeThatIsNone(CapturedOutput output) {
		fails(Application.class, MEMORY, "--coordination.lock.wait-time=soon");
		assertThat(output).contains(analysis("'coordination.lock.wait-time' is no duration: 'soon'.",
				"Set 'coordination.lock.wait-time' to a duration such as '500ms' or '3s', to '0' to ask once, "
						+ "or to 'unbounded'."));
	}

	@Test
	void withANegativeWaitTime(CapturedOutput output) {
		fails(Application.class, MEMORY, "--coordination.lock.wait-time=-1s");
		assertThat(output).contains(analysis("'coordination.lock.wait-time' must not be negative: '-1s'.",
				"Set 'coordination.lock.wait-time' to a duration such as '500ms' or '3s', to '0' to ask once, "
						+ "or to 'unbounded'."));
	}

	@ParameterizedTest
	@ValueSource(strings = { "coordination.lock.lease-time", "coordination.lock.hand-off.slice",
			"coordination.lock.shutdown.grace-period" })
	void withADurationThatIsNone(String property, CapturedOutput output) {
		fails(Application.class, MEMORY, "--" + property + "=soon");
		assertThat(output).contains("Failed to bind properties under '" + property + "' to java.time.Duration")
			.contains("Value: \"soon\"");
	}

	@Test
	void withACommandTimeoutThatIsNone(CapturedOutput output) {
		fails(Application.class, "--coordination.redis.command-timeout=soon");
		assertThat(output)
			.contains("Failed to bind properties under 'coordination.redis.command-timeout' to java.time.Duration");
	}

	@Test
	void withACommandTimeoutOfNothing(CapturedOutput output) {
		fails(Application.class, "--coordination.redis.command-timeout=0");
		assertThat(output).contains(analysis(
				"'coordination.redis.command-timeout' cannot be used: 'commandTimeout' must be at least 1ms: PT0S.",
				"Set it to a duration such as '1s'."));
	}

	@ParameterizedTest
	@ValueSource(strings = { "coordination.lock.lease-time", "coordination.lock.hand-off.slice",
			"coordination.lock.shutdown.grace-period" })
	void withANegativeDuration(String property, CapturedOutput output) {
		fails(Application.class, MEMORY, "--" + property + "=-1s");
		assertThat(output).contains("Description:" + line() + line() + "'" + property + "' cannot be used: ")
			.contains("Action:" + line() + line() + "Set '" + property + "' to a duration such as '");
	}

	@Test
	void withALeaseThatTheStoreCannotKeep(CapturedOutput output) {
		fails(Application.class, "--coordination.lock.lease-time=60ms");
		assertThat(output).contains(analysis(
				"'coordination.lock.lease-time' cannot be used: "
						+ "'leaseTime' must be at least 100ms with redis, but is 60ms.",
				"Set 'coordination.lock.lease-time' to a duration such as '30s'."));
	}

	@Test
	void withANegativeFencingBase(CapturedOutput output) {
		fails(Application.class, MEMORY, "--coordination.fencing-base=-1");
		assertThat(output).contains(analysis(
				"'coordination.fencing-base' cannot be used: 'fencingBase' must not be negative, and below 2^53: -1.",
				"Set 'coordination.fencing-base' to a number such as '0'."));
	}

	@Test
	void withANamespaceThatIsNone(CapturedOutput output) {
		fails(Application.class, MEMORY, "--coordination.namespace= ");
		assertThat(output).contains("'coordination.namespace' cannot be used: ")
			.contains("must not be empty or blank")
			.contains("Set 'coordination.namespace' to a name.");
	}

	@Test
	void withAnApplicationNameThatIsNoNamespace(CapturedOutput output) {
		fails(Application.class, MEMORY, "--spring.application.name=" + "a".repeat(600));
		assertThat(output).contains("'spring.application.name' cannot be used: ")
			.contains("must have at most 512 characters")
			.contains("Set 'coordination.namespace', or correct 'spring.application.name', which is used without it.");
	}

	@Test
	void withSeveralConnectionFactories(CapturedOutput output) {
		fails(TwoFactories.class);
		assertThat(output).contains(analysis(
				"There are several Redis connection factories, and locks cannot choose: cacheRedis, queueRedis.",
				"Mark one of them with @CoordinationRedis, at the bean method or class."));
	}

	@Test
	void withSeveralMarkedConnectionFactories(CapturedOutput output) {
		fails(TwoMarkedFactories.class);
		assertThat(output)
			.contains(analysis("Several of the Redis connection factories are marked with @CoordinationRedis, "
					+ "and locks cannot choose: cacheRedis, queueRedis.", "Mark one of them only."));
	}

	@Test
	void withSentinelThatCannotBeReached(CapturedOutput output) {
		fails(Application.class, "--coordination.fail-fast=true", "--spring.data.redis.sentinel.master=main",
				"--spring.data.redis.sentinel.nodes=127.0.0.1:1");
		assertThat(output).contains("The lock backend 'redis' cannot be used: Redis cannot be reached: ")
			.contains("127.0.0.1:1");
	}

	@Test
	void withAClusterThatCannotBeReached(CapturedOutput output) {
		fails(Application.class, "--coordination.fail-fast=true", "--spring.data.redis.cluster.nodes=127.0.0.1:1");
		assertThat(output).contains("The lock backend 'redis' cannot be used: Redis cannot be reached: ")
			.contains("127.0.0.1:1");
	}

	@Test
	void withAServerThatBelongsToNoCluster(CapturedOutput output) {
		fails(Application.class, "--coordination.fail-fast=true",
				"--spring.data.redis.cluster.nodes=127.0.0.1:" + RedisServer.shared().port());
		assertThat(output).contains(
				"The lock backend 'redis' cannot be used: Redis refused: ERR This instance has cluster support disabled");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "redis" })
	void withJedisAlone(String backend, CapturedOutput output) {
		String description = backend.isEmpty() ? "There is no lock backend"
				: "'coordination.backend' is 'redis', but there is no such lock backend";
		fails(new FilteredClassLoader(RedisClient.class), Application.class,
				backend.isEmpty() ? "--debug=false" : "--coordination.backend=" + backend);
		assertThat(output)
			.contains(analysis(description + ": locks in Redis need Lettuce, and the application has only Jedis.",
					"Add 'io.lettuce:lettuce-core', which Spring Boot then uses instead of Jedis. "
							+ "To keep Jedis for all else, also set 'spring.data.redis.client-type' to 'jedis' "
							+ "and declare a LettuceConnectionFactory that is marked with @CoordinationRedis."));
	}

	@Test
	void withJedisChosenBesideLettuce(CapturedOutput output) {
		fails(Application.class, "--spring.data.redis.client-type=jedis");
		assertThat(output).contains(analysis(
				"Locks need Lettuce, but the Redis connection factory is a " + JedisConnectionFactory.class.getName()
						+ ".",
				"Add 'io.lettuce:lettuce-core' if it is missing and set 'spring.data.redis.client-type' to 'lettuce', "
						+ "or keep the other client and declare a LettuceConnectionFactory for locks, marked with "
						+ "@CoordinationRedis."));
	}

	@Test
	void saysOnceThatNoNamespaceIsSet(CapturedOutput output) {
		application(Application.class).run(MEMORY).close();
		assertThat(output.toString().split("Locks use the namespace 'default'", -1)).hasSize(2);
		assertThat(output).contains("Locks of namespace 'default' are kept by 'memory'");
		assertThat(output)
			.contains("set 'spring.application.name' or 'coordination.namespace' to keep applications apart");
	}

	private static void fails(Class<?> source, String... arguments) {
		fails(StartUpFailureTests.class.getClassLoader(), source, arguments);
	}

	private static void fails(ClassLoader classLoader, Class<?> source, String... arguments) {
		SpringApplication application = application(source);
		application.setResourceLoader(new DefaultResourceLoader(classLoader));
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		thread.setContextClassLoader(classLoader);
		try {
			assertThatException().isThrownBy(() -> application.run(arguments).close());
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	private static SpringApplication application(Class<?> source) {
		return new SpringApplicationBuilder(source).web(WebApplicationType.NONE)
			.properties("coordination.lock.shutdown.grace-period=0")
			.build();
	}

	private static String analysis(String description, String action) {
		return "Description:" + line() + line() + description + line() + line() + "Action:" + line() + line() + action;
	}

	private static String line() {
		return System.lineSeparator();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataRedisAutoConfiguration.class, CoordinationAutoConfiguration.class,
			RedisLockAutoConfiguration.class, MemoryLockAutoConfiguration.class, ResilienceAutoConfiguration.class,
			DistributedLockAutoConfiguration.class })
	static class Application {

	}

}
