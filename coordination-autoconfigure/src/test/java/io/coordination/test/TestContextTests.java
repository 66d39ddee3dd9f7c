package io.coordination.test;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.data.redis.test.autoconfigure.DataRedisTest;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestContextManager;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

import io.coordination.autoconfigure.CoordinationProperties;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.redis.RedisServer;
import io.coordination.test.shop.Shop;
import io.coordination.test.shop.Stock;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The contexts that {@link AutoConfigureCoordination} makes, as Spring makes them for
 * test classes.
 */
class TestContextTests {

	@ParameterizedTest
	@ValueSource(classes = { Whole.class, Slice.class, Plain.class, Inherited.class, Outer.Inner.class })
	void locksInMemoryWithoutAServer(Class<?> test) {
		ApplicationContext context = context(test);
		LockTestSupport locks = context.getBean(LockTestSupport.class);
		Stock stock = context.getBean(Stock.class);
		try (LockHandle elsewhere = locks.holdElsewhere("stock", 1)) {
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> stock.deduct(1));
			assertThat(elsewhere.names()).containsExactly("stock:1");
		}
		assertThat(stock.deduct(1)).isPositive();
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> stock.count(1, locks::loseAll));
	}

	@Test
	void locksConnectToNoConfiguredServer() throws Exception {
		ApplicationContext context = context(Whole.class);
		context.getBean(Stock.class).deduct(1);
		context.getBean(LockTestSupport.class).holdElsewhere("stock", 1);
		Whole.server.assertUnvisited();
		new TestContextManager(Whole.class).afterTestClass();
	}

	@Test
	void locksConnectToTheServerThatIsAskedFor() throws Exception {
		context(Asking.class);
		Asking.server.assertVisited();
	}

	@Test
	void nothingOfThisIsThereWithoutTheAnnotation() throws Exception {
		ApplicationContext context = context(Unmarked.class);
		assertThat(context.getBeanNamesForType(LockTestSupport.class)).isEmpty();
		assertThat(context.getBeanNamesForType(SwitchedStore.class)).isEmpty();
		assertThat(context.getBean(Stock.class).deduct(1)).isPositive();
		new TestContextManager(Unmarked.class).afterTestClass();
	}

	@Test
	void holdsAndOutagesEndWithTheTest() throws Exception {
		TestContextManager first = new TestContextManager(Cached.class);
		Cached test = new Cached();
		first.beforeTestClass();
		first.prepareTestInstance(test);
		ApplicationContext context = first.getTestContext().getApplicationContext();
		LockTestSupport locks = context.getBean(LockTestSupport.class);
		first.beforeTestMethod(test, Cached.class.getDeclaredMethod("test"));
		LockHandle elsewhere = locks.holdElsewhere("stock", 1);
		LockTestSupport.StoreOutage outage = locks.storeDown();
		first.afterTestMethod(test, Cached.class.getDeclaredMethod("test"), null);
		assertThat(elsewhere.state()).isEqualTo(LockState.RELEASED);
		assertThat(context.getBean(Stock.class).deduct(1)).isPositive();
		outage.end();

		locks.holdElsewhere("stock", 1);
		first.afterTestClass();
		TestContextManager second = new TestContextManager(Cached.class);
		assertThat(second.getTestContext().getApplicationContext()).isSameAs(context);
		assertThat(context.getBean(Stock.class).deduct(1)).isPositive();
	}

	@Test
	void contextsShareNoLocks() {
		ApplicationContext one = context(Plain.class);
		ApplicationContext other = context(OtherPlain.class);
		assertThat(other).isNotSameAs(one);
		try (LockHandle elsewhere = one.getBean(LockTestSupport.class).holdElsewhere("stock", 5)) {
			assertThat(other.getBean(Stock.class).deduct(5)).isPositive();
			other.getBean(LockTestSupport.class).reset();
			assertThat(elsewhere.state()).isEqualTo(LockState.HELD);
			other.getBean(LockTestSupport.class).storeDown();
			assertThatExceptionOfType(LockNotAcquiredException.class)
				.isThrownBy(() -> one.getBean(Stock.class).deduct(5));
		}
		finally {
			other.getBean(LockTestSupport.class).reset();
		}
	}

	@Test
	void namespaceIsTheOneOfTheApplication() {
		assertThat(namespace(Plain.class)).isEqualTo("test");
		assertThat(namespace(Chosen.class)).isEqualTo("chosen");
		assertThat(namespace(Configured.class)).isEqualTo("configured");
		assertThat(namespace(Named.class)).isNull();
		for (Class<?> test : new Class<?>[] { Chosen.class, Configured.class, Named.class }) {
			ApplicationContext context = context(test);
			try (LockHandle elsewhere = context.getBean(LockTestSupport.class).holdElsewhere("stock", 3)) {
				assertThatExceptionOfType(LockNotAcquiredException.class)
					.isThrownBy(() -> context.getBean(Stock.class).deduct(3))
					.withMessageContaining("stock:3");
				assertThat(elsewhere.state()).isEqualTo(LockState.HELD);
			}
		}
	}

	@Test
	void outageDoesNotOpenTheCircuitBreaker() {
		ApplicationContext context = context(Guarded.class);
		try (LockTestSupport.StoreOutage outage = context.getBean(LockTestSupport.class).storeDown()) {
			for (int i = 0; i < 20; i++) {
				assertThat(
						context.getBean(LockRegistry.class).acquireAsync(LockSpec.of("report")).toCompletableFuture())
					.isCompletedExceptionally();
			}
			outage.end();
		}
		CircuitBreaker breaker = context.getBean(CircuitBreakerRegistry.class).circuitBreaker("coordination-memory");
		assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isZero();
		assertThat(context.getBean(Stock.class).deduct(1)).isPositive();
		assertThat(breaker.getMetrics().getNumberOfSuccessfulCalls()).isPositive();
	}

	@Test
	void worksWithAStoreThatIsAServer() throws Exception {
		ApplicationContext context = context(OnRedis.class);
		LockTestSupport locks = context.getBean(LockTestSupport.class);
		Stock stock = context.getBean(Stock.class);
		locks.holdElsewhere("stock", 1);
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> stock.deduct(1));
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> stock.count(2, () -> {
			assertThat(locks.loseAll()).containsExactly("stock:2");
			assertThat(locks.isHeld("stock", 2)).isFalse();
			locks.holdElsewhere("stock", 2);
		}));
		locks.reset();
		assertThat(stock.deduct(1)).isPositive();
		assertThat(stock.deduct(2)).isPositive();
	}

	private static ApplicationContext context(Class<?> test) {
		return new TestContextManager(test).getTestContext().getApplicationContext();
	}

	private static String namespace(Class<?> test) {
		return context(test).getBean(CoordinationProperties.class).namespace();
	}

	@SpringBootTest(classes = Shop.class, properties = "coordination.fail-fast=true")
	@AutoConfigureCoordination
	static class Whole {

		static final SilentServer server = new SilentServer();

		@DynamicPropertySource
		static void properties(DynamicPropertyRegistry properties) {
			properties.add("spring.data.redis.port", server::port);
		}

	}

	@SpringBootTest(classes = Shop.class)
	@AutoConfigureCoordination(backend = "redis")
	static class Asking {

		static final SilentServer server = new SilentServer();

		@DynamicPropertySource
		static void properties(DynamicPropertyRegistry properties) {
			properties.add("spring.data.redis.port", server::port);
		}

	}

	@SpringBootTest(classes = Shop.class)
	@AutoConfigureCoordination(backend = "", namespace = "test-support")
	@TestPropertySource(properties = "coordination.backend=redis")
	static class OnRedis {

		@DynamicPropertySource
		static void properties(DynamicPropertyRegistry properties) {
			properties.add("spring.data.redis.url", RedisServer.shared()::url);
		}

	}

	@DataRedisTest(properties = "spring.data.redis.port=1")
	@AutoConfigureCoordination
	@ContextConfiguration(classes = Shop.class)
	static class Slice {

	}

	@SpringJUnitConfig(Services.class)
	@AutoConfigureCoordination
	static class Plain {

	}

	@SpringJUnitConfig(Services.class)
	@TestPropertySource(properties = "other=true")
	@AutoConfigureCoordination
	static class OtherPlain {

	}

	static class Inherited extends Plain {

	}

	@SpringJUnitConfig(Services.class)
	@AutoConfigureCoordination
	static class Outer {

		@Nested
		class Inner {

		}

	}

	@SpringJUnitConfig(Services.class)
	@TestPropertySource(properties = "cached=true")
	@AutoConfigureCoordination
	static class Cached {

		void test() {
		}

	}

	@SpringJUnitConfig(Services.class)
	@AutoConfigureCoordination(namespace = "chosen")
	@TestPropertySource(properties = "coordination.namespace=configured")
	static class Chosen {

	}

	@SpringJUnitConfig(Services.class)
	@AutoConfigureCoordination
	@TestPropertySource(properties = { "coordination.namespace=configured", "spring.application.name=named" })
	static class Configured {

	}

	@SpringJUnitConfig(Services.class)
	@AutoConfigureCoordination
	@TestPropertySource(properties = "spring.application.name=named")
	static class Named {

	}

	@SpringJUnitConfig({ Services.class, Breakers.class })
	@AutoConfigureCoordination
	static class Guarded {

	}

	@SpringBootTest(classes = Shop.class, properties = "coordination.backend=memory")
	static class Unmarked {

	}

	@Configuration(proxyBeanMethods = false)
	static class Services {

		@Bean
		Stock stock() {
			return new Stock();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Breakers {

		@Bean
		CircuitBreakerRegistry breakers() {
			return CircuitBreakerRegistry.ofDefaults();
		}

	}

}
