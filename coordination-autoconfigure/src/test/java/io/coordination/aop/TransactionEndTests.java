package io.coordination.aop;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockRegistry;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The ends that a transaction around a locked call can come to: whichever it is, the lock
 * is held until then and released then.
 */
class TransactionEndTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
				TransactionManagerCustomizationAutoConfiguration.class, LockTransactionAutoConfiguration.class,
				LockTestAutoConfiguration.class))
		.withConfiguration(AutoConfigurations.of(LockedFixture.CONFIGURATION))
		.withPropertyValues("coordination.backend=memory", "spring.datasource.url=jdbc:h2:mem:ends",
				"spring.datasource.hikari.maximum-pool-size=3")
		.withBean(Stock.class);

	/**
	 * What a synchronization of somebody else fails in.
	 */
	enum Moment {

		BEFORE_COMMIT, BEFORE_COMPLETION, AFTER_COMMIT, AFTER_COMPLETION;

		/** Whether whoever ends the transaction is told, in place of a log. */
		boolean isHeard() {
			return this == BEFORE_COMMIT || this == AFTER_COMMIT;
		}

	}

	@ParameterizedTest
	@EnumSource
	void aSynchronizationThatFailsLeavesNothingHeld(Moment moment) {
		run((stock, manager, locks) -> {
			assertThatCode(() -> new TransactionTemplate(manager).executeWithoutResult((status) -> {
				TransactionSynchronizationManager.registerSynchronization(new Failing(moment));
				stock.deduct();
				TransactionSynchronizationManager.registerSynchronization(new Failing(moment));
				assertThat(stock.held()).containsExactly("stock");
			})).satisfies((ex) -> assertThat((ex != null) ? ex.getMessage() : null)
				.isEqualTo(moment.isHeard() ? Failing.MESSAGE : null));
			assertThat(stock.held()).isEmpty();
			assertThat(stock.quantity()).isEqualTo((moment == Moment.BEFORE_COMMIT) ? 1000 : 999);
		});
	}

	@Test
	void aSavepointIsNoEnd() {
		run((stock, manager, locks) -> {
			new TransactionTemplate(manager).executeWithoutResult((status) -> {
				with(manager, TransactionDefinition.PROPAGATION_NESTED).executeWithoutResult((nested) -> {
					stock.deduct();
					nested.setRollbackOnly();
				});
				assertThat(stock.held()).containsExactly("stock");
			});
			assertThat(stock.held()).isEmpty();
			assertThat(stock.quantity()).isEqualTo(1000);
		});
	}

	@Test
	void aTransactionThatSuspendsAnotherHasAnEndOfItsOwn() {
		run((stock, manager, locks) -> new TransactionTemplate(manager).executeWithoutResult((status) -> {
			with(manager, TransactionDefinition.PROPAGATION_REQUIRES_NEW).executeWithoutResult((own) -> {
				stock.deduct();
				assertThat(stock.held()).containsExactly("stock");
			});
			assertThat(stock.held()).isEmpty();
			with(manager, TransactionDefinition.PROPAGATION_NOT_SUPPORTED)
				.executeWithoutResult((none) -> stock.deduct());
			assertThat(stock.held()).as("there is none").isEmpty();
			assertThat(stock.quantity()).isEqualTo(998);
		}));
	}

	@Test
	void oneThatSuspendsAnotherEntersItsLockAgain() {
		run((stock, manager, locks) -> new TransactionTemplate(manager).executeWithoutResult((status) -> {
			stock.lock();
			with(manager, TransactionDefinition.PROPAGATION_REQUIRES_NEW).executeWithoutResult((own) -> stock.deduct());
			assertThat(stock.held()).containsExactly("stock");
			assertThat(stock.quantity()).isEqualTo(999);
		}));
	}

	@Test
	void whatIsCalledAfterTheCommitReleasesWithTheTransaction() {
		run((stock, manager, locks) -> {
			new TransactionTemplate(manager).executeWithoutResult(
					(status) -> TransactionSynchronizationManager.registerSynchronization(new Late(stock)));
			assertThat(stock.held()).isEmpty();
			stock.deduct();
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void aManagerThatTakesNoListenersIsCheckedAround() {
		run((stock, manager, locks) -> {
			TransactionTemplate plain = new TransactionTemplate(new Plain(manager));
			assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> plain.executeWithoutResult((status) -> {
				stock.deduct();
				locks.loseAll();
			}));
			assertThat(stock.quantity()).isEqualTo(1000);
			plain.executeWithoutResult((status) -> {
				stock.deduct();
				assertThat(stock.held()).containsExactly("stock");
			});
			assertThat(stock.held()).isEmpty();
			assertThat(stock.quantity()).isEqualTo(999);
		});
	}

	private static TransactionTemplate with(PlatformTransactionManager manager, int propagation) {
		TransactionTemplate transactions = new TransactionTemplate(manager);
		transactions.setPropagationBehavior(propagation);
		return transactions;
	}

	private void run(Visit visit) {
		this.runner.run((context) -> {
			Stock stock = context.getBean(Stock.class);
			stock.prepare();
			visit.run(stock, context.getBean(PlatformTransactionManager.class), context.getBean(LockTestSupport.class));
		});
	}

	/**
	 * What to do with the stock.
	 */
	interface Visit {

		void run(Stock stock, PlatformTransactionManager manager, LockTestSupport locks);

	}

	/**
	 * A synchronization that fails.
	 *
	 * @param moment when
	 */
	private record Failing(Moment moment) implements TransactionSynchronization {

		static final String MESSAGE = "of another synchronization";

		@Override
		public void beforeCommit(boolean readOnly) {
			reach(Moment.BEFORE_COMMIT);
		}

		@Override
		public void beforeCompletion() {
			reach(Moment.BEFORE_COMPLETION);
		}

		@Override
		public void afterCommit() {
			reach(Moment.AFTER_COMMIT);
		}

		@Override
		public void afterCompletion(int status) {
			reach(Moment.AFTER_COMPLETION);
		}

		private void reach(Moment reached) {
			if (reached == this.moment) {
				throw new IllegalStateException(MESSAGE);
			}
		}

	}

	/**
	 * Calls a locked method when it is too late to take part in the transaction.
	 *
	 * @param stock has the method
	 */
	private record Late(Stock stock) implements TransactionSynchronization {

		@Override
		public void afterCommit() {
			this.stock.lock();
		}

		@Override
		public void afterCompletion(int status) {
			this.stock.lock();
		}

	}

	/**
	 * A transaction manager that is nothing else.
	 *
	 * @param manager does it
	 */
	private record Plain(PlatformTransactionManager manager) implements PlatformTransactionManager {

		@Override
		public TransactionStatus getTransaction(TransactionDefinition definition) {
			return this.manager.getTransaction(definition);
		}

		@Override
		public void commit(TransactionStatus status) {
			this.manager.commit(status);
		}

		@Override
		public void rollback(TransactionStatus status) {
			this.manager.rollback(status);
		}

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

		@DistributedLock("stock")
		public void lock() {
		}

		@DistributedLock("stock")
		public void deduct() {
			this.jdbc.update("update stock set quantity = quantity - 1");
		}

	}

}
