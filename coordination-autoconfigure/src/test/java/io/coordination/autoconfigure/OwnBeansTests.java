package io.coordination.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.DistributedLockAutoConfiguration;
import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendDecorator;
import io.coordination.backend.LockBackendFactory;
import io.coordination.lock.HeldLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;
import io.coordination.memory.MemoryLockBackendFactory;
import io.coordination.redis.RedisLockAutoConfiguration;
import io.coordination.redis.RedisLockBackendFactory;
import io.coordination.redis.RedisLockSettings;
import io.coordination.resilience.ResilienceAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an application defines itself comes before what it would be given.
 */
class OwnBeansTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(CoordinationAutoConfiguration.class, RedisLockAutoConfiguration.class,
				MemoryLockAutoConfiguration.class, ResilienceAutoConfiguration.class,
				DistributedLockAutoConfiguration.class))
		.withPropertyValues("spring.application.name=shop");

	private final ApplicationContextRunner withRedis = this.runner
		.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class))
		.withPropertyValues("spring.data.redis.port=1");

	@Test
	void anOwnRegistryReplacesOursAndNeedsNoBackend() {
		this.runner.withUserConfiguration(OwnRegistry.class, ShopConfiguration.class).run((context) -> {
			assertThat(context).hasSingleBean(LockRegistry.class)
				.hasBean("shopLocks")
				.doesNotHaveBean(LockRegistryLifecycle.class);
			assertThat(context.getBean(Shop.class).held()).containsExactly("own-till");
		});
	}

	@Test
	void anOwnRegistryOfOurNameIsStoppedAndStartedWithTheContext() {
		this.runner.withUserConfiguration(OwnRegistryOfOurName.class).run((context) -> {
			ManagedLockRegistry locks = context.getBean(ManagedLockRegistry.class);
			assertThat(locks.isRunning()).isTrue();
			context.getSourceApplicationContext().stop();
			assertThat(locks.isRunning()).isFalse();
			context.getSourceApplicationContext().start();
			assertThat(locks.isRunning()).isTrue();
		});
	}

	@Test
	void anOwnBackendIsChosenIfItIsTheOnlyOne() {
		this.runner.withUserConfiguration(OwnBackend.class).run((context) -> {
			assertThat(context).hasSingleBean(LockBackendFactory.class);
			locksOnceIn(context.getBean(OwnFactory.class), context.getBean(LockRegistry.class));
		});
	}

	@Test
	void anOwnBackendIsChosenBesideRedisOnlyIfItIsNamed() {
		this.withRedis.withUserConfiguration(OwnBackend.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageStartingWith("There are several lock backends: own, redis."));
		this.withRedis.withUserConfiguration(OwnBackend.class)
			.withPropertyValues("coordination.backend=own")
			.run((context) -> {
				assertThat(context.getBeansOfType(LockBackendFactory.class)).hasSize(2);
				locksOnceIn(context.getBean(OwnFactory.class), context.getBean(LockRegistry.class));
			});
	}

	@Test
	void anOwnBackendIsNotChosenIfAnotherIsNamed() {
		this.runner.withUserConfiguration(OwnBackend.class)
			.withPropertyValues("coordination.backend=memory")
			.run((context) -> {
				try (LockHandle handle = context.getBean(LockRegistry.class).acquire("order:42")) {
					assertThat(handle.state()).isEqualTo(LockState.HELD);
				}
				assertThat(context.getBean(OwnFactory.class).opened).isZero();
			});
	}

	@Test
	void anOwnFactoryOfRedisOrMemoryReplacesOurs() {
		this.withRedis.withUserConfiguration(OwnRedis.class)
			.run((context) -> assertThat(context).hasSingleBean(RedisLockBackendFactory.class)
				.hasBean("ownRedis")
				.hasSingleBean(LockRegistry.class));
		this.runner.withUserConfiguration(OwnMemory.class)
			.withPropertyValues("coordination.backend=memory")
			.run((context) -> assertThat(context).hasSingleBean(MemoryLockBackendFactory.class)
				.hasBean("ownMemory")
				.hasSingleBean(LockRegistry.class));
	}

	@Test
	void decoratorsAreAppliedInTheirOrder() {
		this.runner.withUserConfiguration(OwnBackend.class, Decorators.class)
			.run((context) -> assertThat(context.getBean(Applied.class).names()).containsExactly("first", "second"));
	}

	private static void locksOnceIn(OwnFactory factory, LockRegistry locks) throws InterruptedException {
		try (LockHandle handle = locks.acquire("order:42")) {
			assertThat(handle.state()).isEqualTo(LockState.HELD);
		}
		assertThat(factory.opened).isOne();
	}

	private static ManagedLockRegistry registry() {
		return LockRegistryBuilder.of(new MemoryLockBackendFactory()).build();
	}

	/**
	 * A backend that an application brings along.
	 */
	static final class OwnFactory implements LockBackendFactory {

		private final LockBackendFactory factory = new MemoryLockBackendFactory();

		private int opened;

		@Override
		public String id() {
			return "own";
		}

		@Override
		public LockBackend open(BackendListener listener) {
			this.opened++;
			return this.factory.open(listener);
		}

	}

	static class Shop {

		private final LockRegistry locks;

		Shop(LockRegistry locks) {
			this.locks = locks;
		}

		@DistributedLock("own-till")
		List<String> held() {
			return this.locks.held().stream().map(HeldLock::name).toList();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ShopConfiguration {

		@Bean
		Shop shop(LockRegistry locks) {
			return new Shop(locks);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRegistry {

		@Bean
		LockRegistry shopLocks() {
			return registry();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRegistryOfOurName {

		@Bean
		ManagedLockRegistry coordinationLockRegistry() {
			return registry();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnBackend {

		@Bean
		OwnFactory ownBackend() {
			return new OwnFactory();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRedis {

		@Bean
		RedisLockBackendFactory ownRedis(LettuceConnectionFactory connectionFactory) {
			return new RedisLockBackendFactory(connectionFactory,
					new RedisLockSettings(Duration.ofSeconds(2), Duration.ofSeconds(2)));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnMemory {

		@Bean
		MemoryLockBackendFactory ownMemory() {
			return new MemoryLockBackendFactory();
		}

	}

	record Applied(List<String> names) {

	}

	@Configuration(proxyBeanMethods = false)
	static class Decorators {

		@Bean
		Applied applied() {
			return new Applied(new ArrayList<>());
		}

		@Bean
		@Order(2)
		LockBackendDecorator second(Applied applied) {
			return (factory) -> {
				applied.names().add("second");
				return factory;
			};
		}

		@Bean
		@Order(1)
		LockBackendDecorator first(Applied applied) {
			return (factory) -> {
				applied.names().add("first");
				return factory;
			};
		}

	}

}
