package io.coordination.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.HeldLock;
import io.coordination.lock.LockRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications that do not have one of the libraries that locks can do without.
 */
class ClassPathTests {

	private static final Map<String, String> MEMORY = Map.of("coordination.backend", "memory");

	@ParameterizedTest
	@CsvSource(delimiter = ' ',
			textBlock = """
					io.lettuce.core.RedisClient lettuce-.*
					org.springframework.data.redis.core.RedisOperations spring-data-.*|spring-boot-data-.*
					io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j-.*
					io.github.resilience4j.retry.Retry resilience4j-retry-.*
					io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j-circuitbreaker-.*
					org.aspectj.weaver.Advice aspectj.*
					io.micrometer.core.instrument.MeterRegistry micrometer-core-.*
					kotlin.Unit kotlin.*
					kotlinx.coroutines.reactor.MonoKt kotlinx-coroutines-reactor-.*
					kotlin.reflect.full.KCallables kotlin-reflect-.*
					org.springframework.test.context.TestContext spring-test-.*|spring-boot-test-.*|assertj-.*
					jakarta.persistence.EntityManager jakarta.persistence-.*|hibernate-.*|spring-orm-.*
					org.springframework.jdbc.core.simple.JdbcClient spring-(jdbc|orm|boot-jdbc|boot-sql)-.*
					org.springframework.web.bind.annotation.ControllerAdvice spring-web.*|spring-boot-(web|http).*
					org.springframework.web.servlet.DispatcherServlet spring-webmvc-.*
					org.springframework.web.reactive.DispatcherHandler spring-webflux-.*
					jakarta.servlet.Servlet jakarta.servlet-.*
					reactor.core.publisher.Mono reactor-.*|lettuce-.*|spring-(webflux|r2dbc|data)-.*|r2dbc-.*|spring-boot-(webflux|data|http).*
					org.springframework.transaction.annotation.Transactional spring-(tx|jdbc|data|boot-(jdbc|sql|transaction|data)).*
					""")
	void methodIsLocked(String missing, String files) throws Exception {
		LimitedClassPath classPath = LimitedClassPath.without(files);
		assertThat(classPath.has(missing)).isFalse();
		assertThat(classPath.run(Application.class, MEMORY)).isEqualTo("stock:5");
	}

	@Test
	void reactiveMethodIsLockedWithoutTransactions() throws Exception {
		LimitedClassPath classPath = LimitedClassPath
			.without("spring-(tx|jdbc|orm|r2dbc|data|boot-(jdbc|sql|transaction|data)).*");
		assertThat(classPath.has("org.springframework.transaction.reactive.TransactionContext")).isFalse();
		assertThat(classPath.run(ReactiveApplication.class, MEMORY)).isEqualTo("stock:5");
	}

	@Test
	void methodIsLockedWithNothingButWhatIsNeeded() throws Exception {
		LimitedClassPath classPath = LimitedClassPath.only("jspecify-.*|slf4j-.*|commons-logging-.*|logback-.*"
				+ "|spring-(aop|beans|context|core|expression)-[0-9].*|spring-boot(-autoconfigure)?-[0-9].*"
				// Spring's own
				+ "|micrometer-(observation|commons)-[0-9].*");
		for (String type : List.of("io.lettuce.core.RedisClient", "io.github.resilience4j.retry.Retry",
				"org.springframework.transaction.annotation.Transactional", "org.aspectj.weaver.Advice",
				"reactor.core.publisher.Mono", "io.micrometer.core.instrument.MeterRegistry")) {
			assertThat(classPath.has(type)).as(type).isFalse();
		}
		assertThat(classPath.run(Application.class, MEMORY)).isEqualTo("stock:5");
	}

	/**
	 * Started on a class path of its own: must not name what may be missing there.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	public static class Application implements Function<Map<String, String>, String> {

		@Override
		public String apply(Map<String, String> properties) {
			try (ConfigurableApplicationContext context = new SpringApplicationBuilder(getClass())
				.web(WebApplicationType.NONE)
				.registerShutdownHook(false)
				.logStartupInfo(false)
				.properties(Map.copyOf(properties))
				.properties("logging.register-shutdown-hook=false", "logging.level.root=warn",
						"spring.main.banner-mode=off")
				.run()) {
				return use(context);
			}
		}

		String use(ConfigurableApplicationContext context) {
			return context.getBean(Stock.class).take(5);
		}

		@Bean
		Stock stock(LockRegistry locks) {
			return new Stock(locks);
		}

	}

	/**
	 * Started on a class path of its own, which has Reactor.
	 */
	@Configuration(proxyBeanMethods = false)
	public static class ReactiveApplication extends Application {

		@Bean
		ReactiveStock reactiveStock(LockRegistry locks) {
			return new ReactiveStock(locks);
		}

		@Override
		String use(ConfigurableApplicationContext context) {
			return Objects.requireNonNull(context.getBean(ReactiveStock.class).take(5).block());
		}

	}

	static class Stock {

		private final LockRegistry locks;

		Stock(LockRegistry locks) {
			this.locks = locks;
		}

		@DistributedLock(name = "stock", key = "#sku")
		String take(long sku) {
			return String.join(", ", this.locks.held().stream().map(HeldLock::name).toList());
		}

	}

	static class ReactiveStock {

		private final LockRegistry locks;

		ReactiveStock(LockRegistry locks) {
			this.locks = locks;
		}

		@DistributedLock(name = "stock", key = "#sku")
		Mono<String> take(long sku) {
			return Mono.fromSupplier(() -> String.join(", ", this.locks.held().stream().map(HeldLock::name).toList()));
		}

	}

}
