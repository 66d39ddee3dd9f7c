package io.coordination.aop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.aop.OwnTransactions.OwnManager;
import io.coordination.lock.HeldLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockState;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Locks and transactions of a real database. A lock that is released when its method
 * returns fails the tests of joined transactions; one that is not asked about before the
 * commit fails those of lost locks.
 */
@ExtendWith(OutputCaptureExtension.class)
class LockTransactionTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
				TransactionManagerCustomizationAutoConfiguration.class, LockTransactionAutoConfiguration.class))
		.withConfiguration(AutoConfigurations.of(LockedFixture.CONFIGURATION))
		.withPropertyValues("coordination.backend=memory",
				"spring.datasource.url=jdbc:h2:mem:transactions;LOCK_TIMEOUT=10000",
				"spring.datasource.hikari.maximum-pool-size=9")
		.withBean(Stock.class);

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aLockThatWasLostRollsBack(boolean ownManager) {
		(ownManager ? this.runner.withUserConfiguration(OwnManager.class) : this.runner).run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			assertThatExceptionOfType(LockLostException.class).isThrownBy(stock::deductTooSlowly);
			assertThat(stock.quantity()).isEqualTo(1000);
			assertThat(context.getBean(ConfigurableTransactionManager.class).getTransactionExecutionListeners())
				.filteredOn(CommitCheck.class::isInstance)
				.hasSize(1);
			stock.deduct();
			assertThat(stock.quantity()).isEqualTo(999);
		});
	}

	@Test
	void withoutTheCheckItIsCommitted() {
		this.runner.withPropertyValues("coordination.lock.transaction.verify-before-commit=false").run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			assertThatExceptionOfType(LockLostException.class).isThrownBy(stock::deductTooSlowly);
			assertThat(stock.quantity()).isEqualTo(999);
			new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> {
					stock.deductInTime();
					stock.waitForTheLoss();
				});
			assertThat(stock.quantity()).isEqualTo(998);
		});
	}

	@Test
	void aLossThatIsIgnoredIsCommitted() {
		this.runner.run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			stock.deductAllTheSame();
			assertThat(stock.quantity()).isEqualTo(999);
		});
	}

	@Test
	void aJoinedTransactionKeepsTheLockUntilItHasEnded() {
		this.runner.run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			TransactionTemplate transactions = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			List<String> atCompletion = new ArrayList<>();
			transactions.executeWithoutResult((status) -> {
				stock.deduct();
				assertThat(names(context.getBean(LockRegistry.class))).containsExactly("stock");
				stock.deduct();
				TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

					@Override
					public int getOrder() {
						return 0;
					}

					@Override
					public void afterCompletion(int completion) {
						atCompletion.addAll(names(context.getBean(LockRegistry.class)));
					}

				});
			});
			assertThat(atCompletion).containsExactly("stock");
			assertThat(names(context.getBean(LockRegistry.class))).isEmpty();
			assertThat(stock.quantity()).isEqualTo(998);
			assertThatIllegalStateException().isThrownBy(() -> transactions.executeWithoutResult((status) -> {
				stock.deduct();
				throw new IllegalStateException("of the caller");
			}));
			assertThat(names(context.getBean(LockRegistry.class))).isEmpty();
			assertThat(stock.quantity()).isEqualTo(998);
		});
	}

	@Test
	void aJoinedTransactionIsRolledBackWhenTheLockIsLostAfterTheMethod() {
		this.runner.run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			TransactionTemplate transactions = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((status) -> {
					stock.deductInTime();
					stock.waitForTheLoss();
				}));
			assertThat(stock.quantity()).isEqualTo(1000);
			assertThat(names(context.getBean(LockRegistry.class))).isEmpty();
		});
	}

	@Test
	void afterInvocationItIsReleasedSooner() {
		this.runner.run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> {
					stock.deductAndLetGo();
					assertThat(names(context.getBean(LockRegistry.class))).isEmpty();
				});
		});
	}

	@Test
	void aTransactionOfItsOwnIsInsideOfTheLock() {
		this.runner.run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> {
					stock.deductInItsOwn();
					assertThat(names(context.getBean(LockRegistry.class))).isEmpty();
					status.setRollbackOnly();
				});
			assertThat(stock.quantity()).isEqualTo(999);
		});
	}

	@Test
	void aBusyLockLeavesNothingToTheTransaction() {
		this.runner.run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			LockHandle other = context.getBean(LockRegistry.class).acquire("stock");
			new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> {
					assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(stock::deductAtOnce);
					assertThat(TransactionSynchronizationManager.getSynchronizations()).isEmpty();
				});
			other.close();
			assertThat(stock.quantity()).isEqualTo(1000);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "own", "joined" })
	void theNextHolderSeesWhatWasCommitted(String kind) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(6);
		this.runner.run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			TransactionTemplate transactions = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			List<Future<?>> all = new ArrayList<>();
			for (int i = 0; i < 60; i++) {
				all.add(threads.submit(() -> {
					if (kind.equals("own")) {
						stock.deduct();
					}
					else {
						transactions.executeWithoutResult((status) -> stock.deduct());
					}
				}));
			}
			for (Future<?> one : all) {
				one.get();
			}
			assertThat(stock.quantity()).isEqualTo(940);
		});
		threads.shutdownNow();
	}

	@Test
	void aLockInsideOfATransactionIsWarnedOfOnce(CapturedOutput output) {
		this.runner.run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			TransactionTemplate transactions = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			transactions.executeWithoutResult((status) -> stock.deduct());
			transactions.executeWithoutResult((status) -> stock.deduct());
			assertThat(output.getOut().split("acquires its lock inside of a transaction", -1)).hasSize(2);
		});
	}

	@Test
	void aLockInsideOfATransactionCanBeForbiddenOrAllowed(CapturedOutput output) {
		this.runner.withPropertyValues("coordination.lock.transaction.on-active=fail").run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			TransactionTemplate transactions = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			assertThatIllegalStateException()
				.isThrownBy(() -> transactions.executeWithoutResult((status) -> stock.deduct()))
				.withMessageContaining("Stock.deduct() acquires its lock inside of a transaction");
			stock.deduct();
			assertThat(stock.quantity()).isEqualTo(999);
		});
		this.runner.withPropertyValues("coordination.lock.transaction.on-active=allow").run((context) -> {
			Stock stock = prepared(context.getBean(Stock.class));
			new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> stock.deduct());
			assertThat(output).doesNotContain("acquires its lock inside of a transaction");
		});
	}

	private static Stock prepared(Stock stock) {
		stock.prepare();
		return stock;
	}

	private static List<String> names(LockRegistry registry) {
		return registry.held().stream().map(HeldLock::name).toList();
	}

	static class Stock {

		private final JdbcTemplate jdbc;

		Stock(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		public void prepare() {
			this.jdbc.execute("drop table if exists stock");
			this.jdbc.execute("create table stock (quantity int)");
			this.jdbc.execute("insert into stock values (1000)");
		}

		public int quantity() {
			Integer quantity = this.jdbc.queryForObject("select quantity from stock", Integer.class);
			return (quantity != null) ? quantity : -1;
		}

		@Transactional
		@DistributedLock(name = "stock", waitTime = "30s")
		public void deduct() {
			readAndWrite();
		}

		@Transactional
		@DistributedLock(name = "stock", waitTime = "0")
		public void deductAtOnce() {
			readAndWrite();
		}

		@Transactional
		@DistributedLock(name = "stock", release = ReleasePolicy.AFTER_INVOCATION)
		public void deductAndLetGo() {
			readAndWrite();
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		@DistributedLock(name = "stock")
		public void deductInItsOwn() {
			readAndWrite();
		}

		@Transactional
		@DistributedLock(name = "stock", maxHoldTime = "50ms")
		public void deductTooSlowly() {
			readAndWrite();
			loss(LockContext.current());
		}

		@Transactional
		@DistributedLock(name = "stock", maxHoldTime = "50ms", onLost = OnLost.IGNORE)
		public void deductAllTheSame() {
			readAndWrite();
			loss(LockContext.current());
		}

		@Transactional
		@DistributedLock(name = "short", maxHoldTime = "300ms")
		public void deductInTime() {
			readAndWrite();
		}

		public void waitForTheLoss() {
			long start = System.nanoTime();
			Awaitility.await().until(() -> System.nanoTime() - start > 400_000_000);
		}

		private static void loss(LockContext context) {
			Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> context.state() == LockState.LOST);
		}

		private void readAndWrite() {
			int quantity = quantity();
			this.jdbc.update("update stock set quantity = ?", quantity - 1);
		}

	}

}
