package io.coordination.jdbc;

import java.util.Map;

import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.EntityNotFoundException;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.jdbc.SharedDatabase.Transaction;
import io.coordination.lock.StaleLockException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Holders of a lock that write by Hibernate, which writes when it flushes: an old one
 * with token 33, and a new one with token 34.
 */
class JpaFencingGuardTests {

	private static final long OLD = 33;

	private static final long NEW = 34;

	private final SharedDatabase database = new SharedDatabase();

	private final LocalContainerEntityManagerFactoryBean factory = factory();

	private JpaTransactionManager manager;

	private TransactionTemplate transaction;

	private EntityManager entityManager;

	@BeforeEach
	void start() {
		this.factory.afterPropertiesSet();
		EntityManagerFactory jpa = this.factory.getObject();
		this.manager = new JpaTransactionManager(jpa);
		this.transaction = new TransactionTemplate(this.manager);
		this.entityManager = SharedEntityManagerCreator.createSharedEntityManager(jpa);
	}

	@AfterEach
	void close() {
		this.factory.destroy();
		this.database.close();
	}

	@Test
	void withoutTheGuardTheStaleValueStays() throws Throwable {
		Transaction stale = new Transaction(this.manager, () -> stock().quantity = 33).worked();
		inTransaction(() -> stock().quantity = 34);
		stale.commit();
		assertThat(this.database.quantity()).isEqualTo(33);
	}

	@Test
	void refusesTheStaleHolderThatComesLater() {
		inTransaction(() -> write(NEW));
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(() -> inTransaction(() -> write(OLD)))
			.withMessage("Stock 42 was not written with fencing token 33: 34 was seen, so the lock was given to "
					+ "somebody else meanwhile. Roll back, acquire it anew and read anew");
		assertThat(this.database.quantity()).isEqualTo(34);
		assertThat(fence()).isEqualTo(NEW);
	}

	@Test
	void refusesTheStaleHolderThatHasLoadedTheEntityBefore() {
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(() -> inTransaction(() -> {
			Stock loaded = stock();
			onOtherThread(() -> inTransaction(() -> write(NEW)));
			assertThat(loaded.fence).isZero();
			JpaFencingGuard.check(this.entityManager, loaded, OLD);
			loaded.quantity = 33;
		}));
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	@Test
	void refusesTheStaleHolderThatComesBetweenCheckAndFlush() throws Throwable {
		Transaction newer = new Transaction(this.manager, () -> write(NEW)).worked();
		Transaction stale = new Transaction(this.manager, () -> write(OLD));
		this.database.awaitWaiting();
		assertThat(this.database.quantity()).isEqualTo(100);
		newer.commit();
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(stale::commit);
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	@Test
	void newHolderReadsAndWritesAfterTheOldOne() throws Throwable {
		Transaction old = new Transaction(this.manager, () -> write(OLD)).worked();
		Transaction newer = new Transaction(this.manager, () -> {
			Stock stock = stock();
			JpaFencingGuard.check(this.entityManager, stock, NEW);
			stock.quantity += 1;
		});
		this.database.awaitWaiting();
		old.commit();
		newer.commit();
		assertThat(this.database.quantity()).isEqualTo(34);
		assertThat(fence()).isEqualTo(NEW);
	}

	@Test
	void holderMayWriteAgainWithItsToken() throws Throwable {
		inTransaction(() -> write(NEW));
		// The entity is locked, although its token does not change
		Transaction again = new Transaction(this.manager, () -> {
			write(NEW);
			stock().quantity = 35;
		}).worked();
		Transaction stale = new Transaction(this.manager, () -> write(OLD));
		again.commit();
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(stale::commit);
		assertThat(this.database.quantity()).isEqualTo(35);
	}

	@Test
	void rollbackLeavesNoTrace() throws Throwable {
		new Transaction(this.manager, () -> {
			write(NEW);
			this.entityManager.flush();
		}).worked().rollBack();
		inTransaction(() -> write(OLD));
		assertThat(this.database.quantity()).isEqualTo(33);
		assertThat(fence()).isEqualTo(OLD);
	}

	@Test
	void rowThatIsGoneIsNotStale() {
		assertThatExceptionOfType(EntityNotFoundException.class).isThrownBy(() -> inTransaction(() -> {
			Stock stock = stock();
			onOtherThread(() -> this.database.jdbc.sql("DELETE FROM stock WHERE sku = 42").update());
			JpaFencingGuard.check(this.entityManager, stock, NEW);
		}));
	}

	@Test
	void refusesToWorkOutsideOfATransaction() {
		Stock stock = stock();
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> JpaFencingGuard.check(this.entityManager, stock, NEW))
			.withMessage("The fencing token of Stock 42 was not checked: its entity manager takes part in no "
					+ "transaction, so others could write between the check and the write. Check it in the "
					+ "transaction that writes, such as in a @Transactional method");
	}

	@Test
	void guardWithATableWorksInTransactionsOfJpa() throws Throwable {
		FencingGuard guard = FencingGuard.of(this.database.dataSource());
		inTransaction(() -> guard.check("stock", 1));
		Transaction newer = new Transaction(this.manager, () -> {
			guard.check("stock", NEW);
			stock().quantity = 34;
		}).worked();
		Transaction stale = new Transaction(this.manager, () -> {
			guard.check("stock", OLD);
			stock().quantity = 33;
		});
		this.database.awaitWaiting();
		newer.commit();
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(stale::commit);
		assertThat(this.database.quantity()).isEqualTo(34);
	}

	private void write(long token) {
		Stock stock = stock();
		JpaFencingGuard.check(this.entityManager, stock, token);
		stock.quantity = (int) token;
	}

	private Stock stock() {
		return this.entityManager.find(Stock.class, 42L);
	}

	private long fence() {
		return this.database.jdbc.sql("SELECT fence FROM stock WHERE sku = 42").query(Long.class).single();
	}

	private void inTransaction(Runnable work) {
		this.transaction.executeWithoutResult((status) -> work.run());
	}

	private static void onOtherThread(Runnable work) {
		Thread thread = new Thread(work, "other");
		thread.start();
		try {
			thread.join();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private LocalContainerEntityManagerFactoryBean factory() {
		LocalContainerEntityManagerFactoryBean bean = new LocalContainerEntityManagerFactoryBean();
		bean.setDataSource(this.database.dataSource());
		bean.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
		bean.setManagedTypes(PersistenceManagedTypes.of(Stock.class.getName()));
		bean.setJpaPropertyMap(Map.of("hibernate.hbm2ddl.auto", "none"));
		return bean;
	}

	/**
	 * A row of the stock.
	 */
	@Entity(name = "Stock")
	@Table(name = "stock")
	static class Stock implements Fenced {

		@Id
		private Long sku;

		private int quantity;

		private long fence;

		protected Stock() {
		}

		@Override
		public long getFence() {
			return this.fence;
		}

		@Override
		public void setFence(long fence) {
			this.fence = fence;
		}

	}

}
