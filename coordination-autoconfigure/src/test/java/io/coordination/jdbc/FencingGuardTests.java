package io.coordination.jdbc;

import java.util.concurrent.CountDownLatch;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.jdbc.SharedDatabase.Transaction;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.StaleLockException;
import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Holders of a lock that write to one database: an old one with token 33, and a new one
 * with token 34.
 */
class FencingGuardTests {

	private static final long OLD = 33;

	private static final long NEW = 34;

	private final SharedDatabase database = new SharedDatabase();

	private final PlatformTransactionManager manager = new DataSourceTransactionManager(this.database.dataSource());

	private final TransactionTemplate transaction = new TransactionTemplate(this.manager);

	private final FencingGuard guard = FencingGuard.of(this.database.dataSource());

	@AfterEach
	void close() {
		this.database.close();
	}

	@Test
	void withoutTheGuardTheStaleValueStays() {
		inTransaction(() -> this.database.write(34));
		inTransaction(() -> this.database.write(33));
		assertThat(this.database.quantity()).isEqualTo(33);
	}

	@Test
	void refusesTheStaleHolderThatComesLater() {
		write(NEW);
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(() -> write(OLD))
			.withMessage("'stock' was not written with fencing token 33: 34 was seen, so the lock was given to "
					+ "somebody else meanwhile. Roll back, acquire it anew and read anew");
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	@Test
	void refusesTheStaleHolderThatComesBetweenCheckAndCommit() throws Throwable {
		write(1);
		Transaction newer = begin(NEW).worked();
		Transaction stale = begin(OLD);
		this.database.awaitWaiting();
		assertThat(stale.isAtWork()).isTrue();
		newer.commit();
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(stale::commit);
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	@Test
	void refusesTheStaleHolderThatComesBetweenCheckAndCommitOfTheSameTokenAgain() throws Throwable {
		// Nothing is raised, and yet the row has to be locked
		write(NEW);
		Transaction newer = begin(NEW).worked();
		Transaction stale = begin(OLD);
		// Waits, or knows already
		newer.commit();
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(stale::commit);
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	@Test
	void newHolderWaitsForTheTransactionOfAnEqualToken() throws Throwable {
		write(OLD);
		Transaction old = begin(OLD).worked();
		Transaction newer = begin(NEW);
		this.database.awaitWaiting();
		old.commit();
		newer.commit();
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	@Test
	void newHolderWritesAfterTheOldOne() throws Throwable {
		write(1);
		Transaction old = begin(OLD).worked();
		int[] read = new int[1];
		Transaction newer = new Transaction(this.manager, () -> {
			this.guard.check("stock", NEW);
			read[0] = this.database.quantity();
			this.database.write(34);
		});
		this.database.awaitWaiting();
		old.commit();
		newer.commit();
		assertThat(read).containsExactly(33);
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	@Test
	void holderMayCheckAndWriteAgain() {
		inTransaction(() -> {
			this.guard.check("stock", NEW);
			this.guard.check("stock", NEW);
			this.database.write(5);
		});
		write(NEW);
		assertThat(this.database.quantity()).isEqualTo(34);
		assertThat(this.database.tokens()).isOne();
	}

	@Test
	void rollbackLeavesNoTrace() throws Throwable {
		begin(NEW).worked().rollBack();
		assertThat(this.database.tokens()).isZero();
		write(OLD);
		begin(NEW).worked().rollBack();
		write(OLD);
		assertThat(this.database.quantity()).isEqualTo(33);
	}

	@Test
	void waitingHolderGoesOnWhenTheOtherRollsBack() throws Throwable {
		write(1);
		Transaction newer = begin(NEW).worked();
		Transaction old = begin(OLD);
		this.database.awaitWaiting();
		newer.rollBack();
		old.commit();
		assertThat(this.database.quantity()).isEqualTo(33);
	}

	@Test
	void newHolderMayLoseTheRaceForTheFirstRow() throws Throwable {
		Transaction old = begin(OLD).worked();
		Transaction newer = begin(NEW);
		this.database.awaitWaiting();
		old.commit();
		newer.commit();
		assertThat(this.database.quantity()).isEqualTo(34);
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(() -> write(OLD));
	}

	@Test
	void staleHolderMayLoseTheRaceForTheFirstRow() throws Throwable {
		Transaction newer = begin(NEW).worked();
		Transaction stale = begin(OLD);
		this.database.awaitWaiting();
		newer.commit();
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(stale::commit);
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	@Test
	void losingTheRaceForTheFirstRowDoesNotEndTheTransaction() throws Throwable {
		AbortingDataSource dataSource = new AbortingDataSource(this.database.dataSource());
		PlatformTransactionManager aborting = new DataSourceTransactionManager(dataSource);
		Transaction old = begin(OLD).worked();
		Transaction newer = new Transaction(aborting, () -> {
			FencingGuard.of(dataSource).check("stock", NEW);
			JdbcClient.create(dataSource).sql("UPDATE stock SET quantity = 34 WHERE sku = 42").update();
		});
		this.database.awaitWaiting();
		old.commit();
		newer.commit();
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	@Test
	void manyFirstChecksAtOnceLeaveTheLargestToken() throws Throwable {
		for (int round = 0; round < 20; round++) {
			String resource = "stock:" + round;
			CountDownLatch start = new CountDownLatch(1);
			Transaction[] holders = new Transaction[4];
			for (int i = 0; i < holders.length; i++) {
				long token = i + 1L;
				holders[i] = new Transaction(this.manager, () -> {
					await(start);
					this.guard.check(resource, token);
					this.database.write((int) token);
				});
				holders[i].commitLater();
			}
			start.countDown();
			int refused = 0;
			for (Transaction holder : holders) {
				try {
					holder.commit();
				}
				catch (StaleLockException ex) {
					refused++;
				}
			}
			assertThat(refused).isLessThan(holders.length);
			assertThat(this.database.quantity()).isEqualTo(4);
		}
	}

	@Test
	void resourcesAreIndependent() throws Throwable {
		Transaction newer = begin(NEW).worked();
		inTransaction(() -> this.guard.check("price", OLD));
		newer.commit();
		assertThatCode(() -> inTransaction(() -> this.guard.check("price", OLD))).doesNotThrowAnyException();
	}

	@Test
	void tablesAreIndependent() {
		this.database.jdbc.sql("CREATE TABLE shop_fences (name VARCHAR(64) PRIMARY KEY, token BIGINT NOT NULL)")
			.update();
		FencingGuard other = this.guard.withTable("PUBLIC.shop_fences");
		write(NEW);
		inTransaction(() -> other.check("stock", OLD));
		assertThat(this.database.tokens()).isOne();
		assertThat(
				this.database.jdbc.sql("SELECT token FROM shop_fences WHERE name = 'stock'").query(Long.class).single())
			.isEqualTo(OLD);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "fences; DROP TABLE stock", "a.b.c.d", "1fences", "\"fences\"", "fences " })
	void refusesWhatIsNoTable(String table) {
		assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> this.guard.withTable(table))
			.withMessageContaining("'table' must be the name of a table");
	}

	@Test
	void refusesToWorkOutsideOfATransaction() {
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> this.guard.check("stock", NEW))
			.withMessage("The fencing token of 'stock' was not checked: there is no transaction of this database on "
					+ "this thread, so others could write between the check and the write. Check it in the "
					+ "transaction that writes, such as in a @Transactional method");
		assertThat(this.database.tokens()).isZero();
	}

	@Test
	void refusesToWorkInAnEmptyTransaction() {
		this.transaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_SUPPORTS);
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> write(NEW));
	}

	@Test
	void refusesToWorkInTheTransactionOfAnotherDatabase() {
		FencingGuard elsewhere = FencingGuard.of(new DriverManagerDataSource("jdbc:h2:mem:elsewhere"));
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> inTransaction(() -> elsewhere.check("stock", NEW)));
	}

	@Test
	void knowsTheTransactionThroughAProxy() {
		FencingGuard proxied = FencingGuard.of(new TransactionAwareDataSourceProxy(this.database.dataSource()));
		inTransaction(() -> proxied.check("stock", NEW));
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(() -> write(OLD));
	}

	@Test
	void refusesWhatIsNoToken() {
		assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> write(0))
			.withMessage("'token' must be the fencing token of a lock, which is positive: 0");
		assertThatExceptionOfType(IllegalArgumentException.class)
			.isThrownBy(() -> inTransaction(() -> this.guard.check(" ", NEW)));
		assertThatExceptionOfType(IllegalArgumentException.class)
			.isThrownBy(() -> inTransaction(() -> this.guard.check("x".repeat(513), NEW)));
	}

	@Test
	void takesTheTokensOfHandles() throws InterruptedException {
		try (ManagedLockRegistry locks = LockRegistryBuilder.of(new MemoryLockBackendFactory())
			.namespace("test")
			.build()) {
			LockHandle former = locks.acquire("stock");
			former.close();
			LockHandle present = locks.acquire("stock");
			inTransaction(() -> this.guard.check(present));
			assertThatExceptionOfType(StaleLockException.class)
				.isThrownBy(() -> inTransaction(() -> this.guard.check("stock", former)));
			LockHandle several = locks.acquire(LockSpec.ofAll("b", "a"));
			inTransaction(() -> this.guard.check(several));
			assertThatExceptionOfType(StaleLockException.class)
				.isThrownBy(() -> inTransaction(() -> this.guard.check("a", several.fencingTokens().get("a") - 1)));
			assertThat(this.database.tokens()).isEqualTo(3);
			several.close();
			present.close();
		}
	}

	private Transaction begin(long token) {
		return new Transaction(this.manager, () -> {
			this.guard.check("stock", token);
			this.database.write((int) token);
		});
	}

	private void write(long token) {
		inTransaction(() -> {
			this.guard.check("stock", token);
			this.database.write((int) token);
		});
	}

	private void inTransaction(Runnable work) {
		this.transaction.executeWithoutResult((status) -> work.run());
	}

	private static void await(CountDownLatch start) {
		try {
			start.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
