package io.coordination.aop;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.HeldLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The annotation in a context, with the memory backend.
 */
class LockedServiceTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(CoordinationAutoConfiguration.class, MemoryLockAutoConfiguration.class,
				DistributedLockAutoConfiguration.class))
		.withPropertyValues("coordination.backend=memory");

	@Test
	void holdsTheLockInsideOnly() {
		this.runner.withUserConfiguration(Shop.class).run((context) -> {
			Stock stock = context.getBean(Stock.class);
			assertThat(stock.deduct(42L)).containsExactly("stock:42");
			assertThat(context.getBean(LockRegistry.class).held()).isEmpty();
		});
	}

	@Test
	void refusesWhileSomebodyElseHoldsIt() {
		this.runner.withUserConfiguration(Shop.class).run((context) -> {
			Stock stock = context.getBean(Stock.class);
			try (LockHandle held = context.getBean(LockRegistry.class).acquire("stock:42")) {
				assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> stock.deduct(42L))
					.withMessageContaining("stock:42");
				assertThat(stock.skip(42L)).isEmpty();
				assertThat(stock.deduct(43L)).contains("stock:43");
				assertThat(held.fencingToken()).isPositive();
			}
		});
	}

	@Test
	void isOutsideOfTheTransaction() {
		this.runner.withUserConfiguration(Shop.class).run((context) -> {
			context.getBean(Stock.class).deduct(42L);
			assertThat(context.getBean(RecordingTransactions.class).seen).containsExactly("begin with 1 lock",
					"commit with 1 lock");
		});
	}

	@Test
	void refusesANullKey() {
		this.runner.withUserConfiguration(Shop.class)
			.run((context) -> assertThatExceptionOfType(LockKeyException.class)
				.isThrownBy(() -> context.getBean(Stock.class).deduct(null)));
	}

	@Test
	void reportsAnUnknownVariableAtStartUp() {
		this.runner.withUserConfiguration(Shop.class)
			.withBean(Typo.class)
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("skuId"));
	}

	@Test
	void reportsAPrivateMethodAtStartUp() {
		this.runner.withUserConfiguration(Shop.class)
			.withBean(Private.class)
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("private"));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement
	static class Shop {

		@Bean
		Stock stock(LockRegistry locks) {
			return new Stock(locks);
		}

		@Bean
		RecordingTransactions transactions(LockRegistry locks) {
			return new RecordingTransactions(locks);
		}

	}

	static class Stock {

		private final LockRegistry locks;

		Stock(LockRegistry locks) {
			this.locks = locks;
		}

		@Transactional
		@DistributedLock(name = "stock", key = "#skuId", waitTime = "0")
		public List<String> deduct(Long skuId) {
			return this.locks.held().stream().map(HeldLock::name).toList();
		}

		@DistributedLock(name = "stock", key = "#skuId", waitTime = "0", onBusy = OnBusy.SKIP)
		public Optional<Long> skip(Long skuId) {
			return Optional.of(skuId);
		}

	}

	static class Typo {

		@DistributedLock(name = "stock", key = "#skuIdd")
		public void deduct(long skuId) {
		}

	}

	static class Private {

		@DistributedLock(name = "stock")
		@SuppressWarnings("UnusedMethod")
		private void deduct() {
		}

	}

	static final class RecordingTransactions extends AbstractPlatformTransactionManager {

		private static final long serialVersionUID = 1L;

		private final transient LockRegistry locks;

		final transient List<String> seen = new ArrayList<>();

		RecordingTransactions(LockRegistry locks) {
			this.locks = locks;
		}

		@Override
		protected Object doGetTransaction() {
			return new Object();
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
			this.seen.add("begin with " + this.locks.held().size() + " lock");
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
			this.seen.add("commit with " + this.locks.held().size() + " lock");
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
			this.seen.add("rollback");
		}

	}

}
