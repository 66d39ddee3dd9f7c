package io.coordination.aop;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabase;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseBuilder;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseType;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockRegistry;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A transaction inside of that of another manager, each with a database of its own. A
 * call in both takes part in the inner one.
 */
class SeveralTransactionManagersTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(LockTransactionAutoConfiguration.class, LockTestAutoConfiguration.class))
		.withConfiguration(AutoConfigurations.of(LockedFixture.CONFIGURATION))
		.withUserConfiguration(Databases.class)
		.withPropertyValues("coordination.backend=memory")
		.withBean(Locked.class);

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void neitherIsCommittedWhenTheLockIsLostAfterTheMethod(boolean stage) {
		run((outer, inner, locks, locked) -> {
			assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> outer.run(() -> inner.run(() -> {
				lock(locked, stage);
				locks.loseAll();
			})));
			assertThat(outer.count()).isZero();
			assertThat(inner.count()).isZero();
			assertThat(locked.held()).isEmpty();
		});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void theInnermostKeepsTheLockUntilItHasEnded(boolean stage) {
		run((outer, inner, locks, locked) -> {
			outer.run(() -> {
				inner.run(() -> {
					lock(locked, stage);
					assertThat(locked.held()).containsExactly("lock");
				});
				assertThat(locked.held()).isEmpty();
				lock(locked, stage);
				assertThat(locked.held()).containsExactly("lock");
			});
			assertThat(locked.held()).isEmpty();
			assertThat(outer.count()).isOne();
			assertThat(inner.count()).isOne();
		});
	}

	private static void lock(Locked locked, boolean stage) {
		if (stage) {
			locked.stage().join();
		}
		else {
			locked.call();
		}
	}

	private void run(Visit visit) {
		this.runner.run((context) -> visit.run(database(context.getBean("outerManager", JdbcTransactionManager.class)),
				database(context.getBean("innerManager", JdbcTransactionManager.class)),
				context.getBean(LockTestSupport.class), context.getBean(Locked.class)));
	}

	private static Database database(JdbcTransactionManager manager) {
		return new Database(new JdbcTemplate(Objects.requireNonNull(manager.getDataSource())),
				new TransactionTemplate(manager));
	}

	/**
	 * What to do in the transactions.
	 */
	interface Visit {

		void run(Database outer, Database inner, LockTestSupport locks, Locked locked);

	}

	/**
	 * A database and the transactions of its own manager.
	 *
	 * @param jdbc the database
	 * @param transactions its transactions
	 */
	record Database(JdbcTemplate jdbc, TransactionTemplate transactions) {

		void run(Runnable work) {
			this.transactions.executeWithoutResult((status) -> {
				this.jdbc.update("insert into entry values (1)");
				work.run();
			});
		}

		int count() {
			Integer count = this.jdbc.queryForObject("select count(*) from entry", Integer.class);
			return (count != null) ? count : -1;
		}

	}

	static class Locked {

		private final LockRegistry registry;

		Locked(LockRegistry registry) {
			this.registry = registry;
		}

		public List<String> held() {
			return this.registry.held().stream().map(HeldLock::name).toList();
		}

		@DistributedLock("lock")
		public void call() {
		}

		@DistributedLock("lock")
		public CompletableFuture<Void> stage() {
			return CompletableFuture.completedFuture(null);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Databases {

		@Bean
		EmbeddedDatabase outer() {
			return database();
		}

		@Bean
		EmbeddedDatabase inner() {
			return database();
		}

		@Bean
		JdbcTransactionManager outerManager(EmbeddedDatabase outer) {
			return new JdbcTransactionManager(outer);
		}

		@Bean
		JdbcTransactionManager innerManager(EmbeddedDatabase inner) {
			return new JdbcTransactionManager(inner);
		}

		private static EmbeddedDatabase database() {
			EmbeddedDatabase database = new EmbeddedDatabaseBuilder().generateUniqueName(true)
				.setType(EmbeddedDatabaseType.H2)
				.build();
			new JdbcTemplate(database).execute("create table entry (id int)");
			return database;
		}

	}

}
