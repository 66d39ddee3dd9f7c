package io.coordination.aop;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

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
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockRegistry;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Methods that return a stage, called in the transaction of a thread. A lock that is
 * released when the stage has completed fails nearly all of these.
 */
@ExtendWith(OutputCaptureExtension.class)
class StageTransactionTests {

	private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
				TransactionManagerCustomizationAutoConfiguration.class, LockTransactionAutoConfiguration.class,
				LockTestAutoConfiguration.class))
		.withConfiguration(AutoConfigurations.of(LockedFixture.CONFIGURATION))
		.withPropertyValues("coordination.backend=memory", "spring.datasource.url=jdbc:h2:mem:stages",
				"spring.datasource.hikari.maximum-pool-size=3")
		.withBean(Stock.class);

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void keepsTheLockUntilTheTransactionHasEnded(boolean commit) {
		run((stock, transactions, locks) -> {
			transactions.executeWithoutResult((status) -> {
				stock.lock(DONE).join();
				stock.write();
				assertThat(stock.held()).containsExactly("stock");
				if (!commit) {
					status.setRollbackOnly();
				}
			});
			assertThat(stock.held()).isEmpty();
			assertThat(stock.quantity()).isEqualTo(commit ? 999 : 1000);
		});
	}

	@Test
	void keepsTheLockUntilTheStageHasCompleted() {
		run((stock, transactions, locks) -> {
			CompletableFuture<Void> work = new CompletableFuture<>();
			CompletableFuture<Void> result = transactions.execute((status) -> {
				CompletableFuture<Void> called = stock.lock(work);
				Awaitility.await().until(() -> !stock.held().isEmpty());
				return called;
			});
			assertThat(stock.held()).containsExactly("stock");
			work.complete(null);
			assertThat(result).succeedsWithin(10, TimeUnit.SECONDS);
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void rollsBackWhenTheLockIsLost() {
		run((stock, transactions, locks) -> {
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((status) -> {
					stock.lock(DONE).join();
					stock.write();
					locks.loseAll();
				}));
			assertThat(stock.quantity()).isEqualTo(1000);
			assertThat(stock.held()).isEmpty();
		});
		run(this.runner.withPropertyValues("coordination.lock.transaction.verify-before-commit=false"),
				(stock, transactions, locks) -> {
					transactions.executeWithoutResult((status) -> {
						stock.lock(DONE).join();
						stock.write();
						locks.loseAll();
					});
					assertThat(stock.quantity()).isEqualTo(999);
				});
	}

	@Test
	void entersAgainWhatTheTransactionKeeps() {
		run((stock, transactions, locks) -> {
			transactions.executeWithoutResult((status) -> {
				stock.lock(DONE).join();
				stock.lock(DONE).join();
				stock.lockBlocking();
				stock.lock(DONE).join();
			});
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void entersAgainWhatACallUnderWayGetsForTheTransaction() {
		run((stock, transactions, locks) -> {
			transactions.executeWithoutResult((status) -> {
				LockHandle other = locks.holdElsewhere("stock");
				CompletableFuture<?> all = CompletableFuture.allOf(stock.lock(DONE), stock.lock(DONE),
						stock.lock(DONE));
				assertThat(all).isNotDone();
				other.close();
				assertThat(all).succeedsWithin(10, TimeUnit.SECONDS);
				assertThat(stock.held()).containsExactly("stock");
			});
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void waitsForWhatACallUnderWayDoesNotGet() {
		run((stock, transactions, locks) -> {
			CompletableFuture<Void> next = transactions.execute((status) -> {
				LockHandle other = locks.holdElsewhere("stock");
				CompletableFuture<Void> cancelled = stock.lock(DONE);
				CompletableFuture<Void> called = stock.lock(DONE);
				assertThat(cancelled.cancel(true)).isTrue();
				assertThat(called).isNotDone();
				other.close();
				assertThat(called).succeedsWithin(10, TimeUnit.SECONDS);
				assertThat(stock.held()).containsExactly("stock");
				return called;
			});
			assertThat(next).isCompleted();
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void entersAgainWhatASuspendedTransactionKeeps() {
		run((stock, transactions, locks) -> {
			TransactionTemplate own = new TransactionTemplate(
					Objects.requireNonNull(transactions.getTransactionManager()));
			own.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			transactions.executeWithoutResult((status) -> {
				stock.lock(DONE).join();
				own.executeWithoutResult((inner) -> {
					stock.lockBlocking();
					stock.lock(DONE).join();
					own.executeWithoutResult((innermost) -> stock.lockBlocking());
				});
				assertThat(stock.held()).containsExactly("stock");
			});
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void keepsNothingOfALockThatComesTooLate() {
		run((stock, transactions, locks) -> {
			LockHandle other = locks.holdElsewhere("stock");
			CompletableFuture<Void> result = transactions.execute((status) -> stock.lock(DONE));
			assertThat(result).isNotDone();
			other.close();
			assertThat(result).succeedsWithin(10, TimeUnit.SECONDS);
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void releasesSoonerWhereItTakesNoPart() {
		run((stock, transactions, locks) -> transactions.executeWithoutResult((status) -> {
			stock.lockAndLetGo(DONE).join();
			assertThat(stock.held()).isEmpty();
			stock.lockInItsOwn(DONE).join();
			assertThat(stock.held()).isEmpty();
		}));
	}

	@Test
	void rollsBackATransactionOfTheMethod() {
		run((stock, transactions, locks) -> {
			assertThatThrownBy(() -> stock.writeAndLose(locks).get(10, TimeUnit.SECONDS))
				.hasCauseInstanceOf(LockLostException.class);
			assertThat(stock.quantity()).isEqualTo(1000);
		});
	}

	@Test
	void canBeForbiddenOrAllowed(CapturedOutput output) {
		run(this.runner.withPropertyValues("coordination.lock.transaction.on-active=allow"),
				(stock, transactions, locks) -> {
					transactions.executeWithoutResult((status) -> stock.lock(DONE).join());
					assertThat(output).doesNotContain("acquires its lock inside of a transaction");
				});
		run(this.runner.withPropertyValues("coordination.lock.transaction.on-active=fail"),
				(stock, transactions, locks) -> {
					CompletableFuture<Void> result = transactions.execute((status) -> stock.lock(DONE));
					assertThatThrownBy(result::join).cause()
						.isInstanceOf(IllegalStateException.class)
						.hasMessageContaining("acquires its lock inside of a transaction");
				});
		run((stock, transactions, locks) -> {
			transactions.executeWithoutResult((status) -> stock.lock(DONE).join());
			assertThat(output).contains("acquires its lock inside of a transaction");
		});
	}

	private void run(Visit visit) {
		run(this.runner, visit);
	}

	private static void run(ApplicationContextRunner runner, Visit visit) {
		runner.run((context) -> {
			Stock stock = context.getBean(Stock.class);
			stock.prepare();
			visit.run(stock, context.getBean(TransactionTemplate.class), context.getBean(LockTestSupport.class));
		});
	}

	/**
	 * What to do with the stock.
	 */
	interface Visit {

		void run(Stock stock, TransactionTemplate transactions, LockTestSupport locks);

	}

	static class Stock {

		private final JdbcTemplate jdbc;

		private final LockRegistry registry;

		Stock(JdbcTemplate jdbc, LockRegistry registry) {
			this.jdbc = jdbc;
			this.registry = registry;
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

		public List<String> held() {
			return this.registry.held().stream().map(HeldLock::name).toList();
		}

		public void write() {
			this.jdbc.update("update stock set quantity = quantity - 1");
		}

		@DistributedLock("stock")
		public CompletableFuture<Void> lock(CompletableFuture<Void> work) {
			return work.copy();
		}

		@DistributedLock("stock")
		public void lockBlocking() {
		}

		@DistributedLock(name = "stock", release = ReleasePolicy.AFTER_INVOCATION)
		public CompletableFuture<Void> lockAndLetGo(CompletableFuture<Void> work) {
			return work.copy();
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		@DistributedLock("stock")
		public CompletableFuture<Void> lockInItsOwn(CompletableFuture<Void> work) {
			return work.copy();
		}

		@Transactional
		@DistributedLock("stock")
		public CompletableFuture<Void> writeAndLose(LockTestSupport locks) {
			write();
			locks.loseAll();
			return CompletableFuture.completedFuture(null);
		}

	}

}
