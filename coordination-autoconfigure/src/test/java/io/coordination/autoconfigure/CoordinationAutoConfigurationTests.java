package io.coordination.autoconfigure;

import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.aop.DistributedLockAutoConfiguration;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;
import io.coordination.redis.CoordinationRedis;
import io.coordination.redis.RedisLockAutoConfiguration;
import io.coordination.redis.RedisLockBackendFactory;
import io.coordination.redis.RedisServer;
import io.lettuce.core.RedisClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The auto-configuration as an application sees it.
 */
class CoordinationAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class, CoordinationAutoConfiguration.class,
				RedisLockAutoConfiguration.class, MemoryLockAutoConfiguration.class,
				DistributedLockAutoConfiguration.class))
		.withPropertyValues("spring.application.name=shop");

	@Test
	void locksInTheOnlyRedis() {
		this.runner.withPropertyValues("spring.data.redis.url=" + RedisServer.shared().url()).run((context) -> {
			assertThat(context).hasSingleBean(LockRegistry.class).hasBean("coordinationLockRegistry");
			LockRegistry locks = context.getBean(LockRegistry.class);
			try (LockHandle handle = locks.acquire("order:42")) {
				assertThat(handle.state()).isEqualTo(LockState.HELD);
				assertThat(handle.fencingToken()).isGreaterThan(1L << 53);
			}
		});
	}

	@Test
	void usesMemoryOnlyIfItIsNamed() {
		this.runner.withClassLoader(new FilteredClassLoader(RedisClient.class))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(FailureAnalyzedException.class)
				.hasMessageContaining("There is no lock backend"));
		this.runner.withClassLoader(new FilteredClassLoader(RedisClient.class))
			.withPropertyValues("coordination.backend=memory")
			.run((context) -> assertThat(context).hasSingleBean(LockRegistry.class)
				.doesNotHaveBean(RedisLockBackendFactory.class));
	}

	@Test
	void namesTheBackendsWhenTheOneAskedForIsNotThere() {
		this.runner.withPropertyValues("coordination.backend=zookeper")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'coordination.backend' is 'zookeper', but there is no such lock backend; "
						+ "there is: redis."));
	}

	@Test
	void doesNotStartWithoutTheStoreIfToldSo() {
		this.runner
			.withPropertyValues("coordination.fail-fast=true", "spring.data.redis.host=127.0.0.1",
					"spring.data.redis.port=1", "spring.data.redis.password=secret")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.satisfies((failure) -> assertThat(failure).hasStackTraceContaining("Connection refused")));
		this.runner.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=1")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void refusesWaitTimesThatAreNone() {
		this.runner.withPropertyValues("coordination.lock.wait-time=-1s")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("'coordination.lock.wait-time' must not be negative: '-1s'"));
		this.runner.withPropertyValues("coordination.lock.wait-time=soon")
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("'coordination.lock.wait-time' is no duration: 'soon'"));
		this.runner.withPropertyValues("coordination.lock.wait-time=unbounded")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void refusesALeaseThatRedisCannotKeep() {
		this.runner.withPropertyValues("coordination.lock.lease-time=5ms")
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("'leaseTime' must be at least 100ms with redis"));
	}

	@Test
	void refusesToChooseBetweenConnectionFactories() {
		this.runner.withUserConfiguration(TwoFactories.class)
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("There are several Redis connection factories")
				.hasStackTraceContaining("one")
				.hasStackTraceContaining("two"));
		this.runner.withUserConfiguration(OneMarkedFactory.class)
			.run((context) -> assertThat(context).hasSingleBean(LockRegistry.class));
	}

	@Test
	void grantsAgainAfterTheContextWasPaused() {
		this.runner
			.withPropertyValues("spring.data.redis.url=" + RedisServer.shared().url(),
					"coordination.lock.shutdown.grace-period=0s")
			.run((context) -> {
				ManagedLockRegistry locks = context.getBean(ManagedLockRegistry.class);
				LockHandle before = locks.acquire("before");
				context.getSourceApplicationContext().stop();
				assertThat(locks.isRunning()).isFalse();
				assertThat(before.state()).isEqualTo(LockState.LOST);
				context.getSourceApplicationContext().start();
				assertThat(before.state()).isEqualTo(LockState.LOST);
				try (LockHandle after = locks.acquire("after")) {
					assertThat(after.state()).isEqualTo(LockState.HELD);
				}
			});
	}

	@Configuration(proxyBeanMethods = false)
	static class TwoFactories {

		@Bean
		LettuceConnectionFactory one() {
			return new LettuceConnectionFactory();
		}

		@Bean
		LettuceConnectionFactory two() {
			return new LettuceConnectionFactory();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OneMarkedFactory {

		@Bean
		@CoordinationRedis
		LettuceConnectionFactory one() {
			return new LettuceConnectionFactory();
		}

		@Bean
		LettuceConnectionFactory two() {
			return new LettuceConnectionFactory();
		}

	}

}
