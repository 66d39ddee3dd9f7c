package io.coordination.test;

import org.junit.jupiter.api.Test;

import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.TestContextManager;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

import io.coordination.backend.LockBackendDecorator;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.memory.MemoryLockBackendFactory;
import io.coordination.test.shop.Stock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests of applications that make their registry themselves.
 */
class OwnRegistryTests {

	@Test
	void ownRegistryIsLeftAlone() {
		LockTestSupport locks = context(Own.class).getBean(LockTestSupport.class);
		assertThatIllegalStateException().isThrownBy(() -> locks.holdElsewhere("stock", 1))
			.withMessageContaining("a bean of its own");
		assertThatIllegalStateException().isThrownBy(locks::loseAll);
		assertThatIllegalStateException().isThrownBy(locks::storeDown);
		assertThat(locks.isHeld("stock:1")).isFalse();
	}

	@Test
	void ownRegistryCanBeDecorated() {
		ApplicationContext context = context(Decorated.class);
		context.getBean(LockTestSupport.class).holdElsewhere("stock", 1);
		assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> context.getBean(Stock.class).deduct(1));
	}

	private static ApplicationContext context(Class<?> test) {
		return new TestContextManager(test).getTestContext().getApplicationContext();
	}

	@SpringJUnitConfig({ TestContextTests.Services.class, OwnRegistry.class })
	@AutoConfigureCoordination
	static class Own {

	}

	@SpringJUnitConfig({ TestContextTests.Services.class, DecoratedRegistry.class })
	@AutoConfigureCoordination
	static class Decorated {

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRegistry {

		@Bean
		ManagedLockRegistry ownRegistry() {
			return LockRegistryBuilder.of(new MemoryLockBackendFactory()).build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class DecoratedRegistry {

		@Bean
		ManagedLockRegistry ownRegistry(LockBackendDecorator coordinationSwitchedStore) {
			return LockRegistryBuilder.of(coordinationSwitchedStore.decorate(new MemoryLockBackendFactory()))
				.namespace("test")
				.build();
		}

	}

}
