package io.coordination.aop;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Async;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.coordination.aop.OtherAdvice.AsyncConfiguration;
import io.coordination.aop.OtherAdvice.AsyncInside;
import io.coordination.aop.OtherAdvice.Background;
import io.coordination.aop.OtherAdvice.Flaky;
import io.coordination.aop.OtherAdvice.RetryConfiguration;
import io.coordination.aop.OtherAdvice.SecurityConfiguration;
import io.coordination.aop.OtherAdvice.Vault;
import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.HeldLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests of where the lock stands among other annotations of a method.
 */
class LockOrderTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, DistributedLockAutoConfiguration.class,
				CoordinationAutoConfiguration.class, MemoryLockAutoConfiguration.class))
		.withPropertyValues("coordination.backend=memory");

	private final ApplicationContextRunner transactional = this.runner
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
				TransactionManagerCustomizationAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=jdbc:h2:mem:order;DB_CLOSE_DELAY=-1",
				"spring.datasource.generate-unique-name=false")
		.withUserConfiguration(StockConfiguration.class);

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void acquiresBeginsCommitsReleases(boolean proxyTargetClass) {
		this.transactional.withPropertyValues("spring.aop.proxy-target-class=" + proxyTargetClass).run((context) -> {
			Moments moments = context.getBean(Moments.class);
			context.getBean(Stock.class).deduct(5);
			assertThat(moments.seen).containsExactly("begin [stock:5]", "body [stock:5]", "commit [stock:5]");
			moments.seen.clear();
			assertThatIllegalStateException().isThrownBy(() -> context.getBean(Stock.class).fail(5));
			assertThat(moments.seen).containsExactly("begin [stock:5]", "rollback [stock:5]");
			assertThat(context.getBean(LockRegistry.class).held()).isEmpty();
		});
	}

	@Test
	void losesNoUpdate() {
		this.transactional.run((context) -> {
			JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
			jdbc.execute("drop table if exists stock");
			jdbc.execute("create table stock (sku int primary key, quantity int)");
			jdbc.execute("insert into stock values (5, 1000)");
			Stock stock = context.getBean(Stock.class);
			ExecutorService threads = Executors.newFixedThreadPool(8);
			CountDownLatch done = new CountDownLatch(200);
			for (int i = 0; i < 200; i++) {
				threads.execute(() -> {
					stock.readThinkWrite(5);
					done.countDown();
				});
			}
			assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
			threads.shutdown();
			assertThat(jdbc.queryForObject("select quantity from stock where sku = 5", Integer.class)).isEqualTo(800);
		});
	}

	@Test
	void refusesATransactionOutsideOfTheLock() {
		this.transactional.withUserConfiguration(TransactionsFirst.class)
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(InvalidDistributedLockException.class)
				.hasMessageContaining("(int): the transaction begins before the lock is acquired and "
						+ "would be committed after the lock is released."));
	}

	@Test
	void holdsTheLockOnTheThreadThatAsyncRunsOn() {
		this.runner.withUserConfiguration(AsyncConfiguration.class).run((context) -> {
			Background background = context.getBean(Background.class);
			background.run();
			assertThat(background.entered().await(10, TimeUnit.SECONDS)).isTrue();
			assertThat(names(context.getBean(LockRegistry.class))).containsExactly("background");
			background.leave().countDown();
			await().untilAsserted(() -> assertThat(context.getBean(LockRegistry.class).held()).isEmpty());
		});
	}

	@Test
	void refusesToLeaveTheThreadInsideOfTheLock() {
		this.runner.withUserConfiguration(AsyncInside.class)
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(InvalidDistributedLockException.class)
				.hasMessageContaining("Background.run(): @Async would run the method on another thread after the lock "
						+ "was released."));
	}

	@Test
	void acquiresAnewForEachRetry() {
		this.runner.withUserConfiguration(RetryConfiguration.class).run((context) -> {
			Flaky flaky = context.getBean(Flaky.class);
			flaky.work();
			assertThat(flaky.tokens()).hasSize(3).doesNotHaveDuplicates().isSorted();
		});
	}

	@Test
	void asksForPermissionBeforeTheLock() {
		this.runner.withUserConfiguration(SecurityConfiguration.class).run((context) -> {
			LockRegistry registry = context.getBean(LockRegistry.class);
			try (LockHandle held = registry.acquire("secret")) {
				assertThat(held.name()).isEqualTo("secret");
				Thread other = new Thread(() -> assertThatExceptionOfType(SecurityException.class)
					.isThrownBy(() -> context.getBean(Vault.class).open()));
				AtomicInteger failures = new AtomicInteger();
				other.setUncaughtExceptionHandler((thread, ex) -> failures.incrementAndGet());
				other.start();
				other.join(10_000);
				assertThat(failures).hasValue(0);
			}
		});
	}

	private static List<String> names(LockRegistry registry) {
		return registry.held().stream().map(HeldLock::name).toList();
	}

	interface Stock {

		void deduct(int sku);

		void fail(int sku);

		void readThinkWrite(int sku);

	}

	static class JdbcStock implements Stock {

		private final JdbcTemplate jdbc;

		private final Moments moments;

		JdbcStock(JdbcTemplate jdbc, Moments moments) {
			this.jdbc = jdbc;
			this.moments = moments;
		}

		@Override
		@Transactional
		@DistributedLock(name = "stock", key = "#sku")
		public void deduct(int sku) {
			assertThat(TransactionSynchronizationManager.isActualTransactionActive()).isTrue();
			this.moments.see("body");
		}

		@Override
		@Transactional
		@DistributedLock(name = "stock", key = "#sku")
		public void fail(int sku) {
			throw new IllegalStateException("business");
		}

		@Override
		@Transactional
		@DistributedLock(name = "stock", key = "#sku", waitTime = "20s")
		public void readThinkWrite(int sku) {
			Integer quantity = this.jdbc.queryForObject("select quantity from stock where sku = ?", Integer.class, sku);
			this.jdbc.update("update stock set quantity = ? where sku = ?", quantity - 1, sku);
		}

	}

	static class Moments implements TransactionExecutionListener {

		private final LockRegistry registry;

		final List<String> seen = new CopyOnWriteArrayList<>();

		Moments(LockRegistry registry) {
			this.registry = registry;
		}

		void see(String moment) {
			this.seen.add(moment + " " + names(this.registry));
		}

		@Override
		public void beforeBegin(TransactionExecution transaction) {
			see("begin");
		}

		@Override
		public void afterCommit(TransactionExecution transaction, Throwable failure) {
			see("commit");
		}

		@Override
		public void afterRollback(TransactionExecution transaction, Throwable failure) {
			see("rollback");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class StockConfiguration {

		@Bean
		Moments moments(LockRegistry registry) {
			return new Moments(registry);
		}

		@Bean
		JdbcStock stock(JdbcTemplate jdbc, Moments moments) {
			return new JdbcStock(jdbc, moments);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement(order = 0)
	static class TransactionsFirst {

	}

}
