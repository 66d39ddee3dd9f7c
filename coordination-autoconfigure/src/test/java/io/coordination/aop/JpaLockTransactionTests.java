package io.coordination.aop;

import java.util.Map;

import javax.sql.DataSource;

import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.lock.LockLostException;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Locks and transactions of Hibernate, which writes when it flushes: before the commit or
 * as part of it. With a manager that the application defines.
 */
class JpaLockTransactionTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, TransactionAutoConfiguration.class,
				LockTransactionAutoConfiguration.class, LockTestAutoConfiguration.class))
		.withConfiguration(AutoConfigurations.of(LockedFixture.CONFIGURATION))
		.withUserConfiguration(Jpa.class)
		.withPropertyValues("coordination.backend=memory", "spring.datasource.url=jdbc:h2:mem:jpa")
		.withBean(Shop.class);

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aLockThatWasLostRollsBack(boolean flushed) {
		run(this.runner, (shop, transactions, locks) -> {
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> shop.sell(1, flushed, () -> assertThat(locks.loseAll()).contains("shop")));
			assertThat(shop.sold(1)).isFalse();
			shop.sell(1, flushed, () -> {
			});
			assertThat(shop.sold(1)).isTrue();
		});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aTransactionAroundIsRolledBackWhenTheLockIsLostAfterTheMethod(boolean flushed) {
		run(this.runner, (shop, transactions, locks) -> {
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((status) -> {
					shop.sell(1, flushed, () -> {
					});
					assertThat(locks.loseAll()).contains("shop");
				}));
			assertThat(shop.sold(1)).isFalse();
			transactions.executeWithoutResult((status) -> shop.sell(1, flushed, () -> {
			}));
			assertThat(shop.sold(1)).isTrue();
		});
	}

	@Test
	void withoutTheCheckItIsCommitted() {
		run(this.runner.withPropertyValues("coordination.lock.transaction.verify-before-commit=false"),
				(shop, transactions, locks) -> {
					assertThatExceptionOfType(LockLostException.class)
						.isThrownBy(() -> shop.sell(1, false, locks::loseAll));
					assertThat(shop.sold(1)).isTrue();
				});
	}

	private static void run(ApplicationContextRunner runner, Visit visit) {
		runner.run((context) -> visit.run(context.getBean(Shop.class), context.getBean(TransactionTemplate.class),
				context.getBean(LockTestSupport.class)));
	}

	/**
	 * What to do with the shop.
	 */
	interface Visit {

		void run(Shop shop, TransactionTemplate transactions, LockTestSupport locks);

	}

	@Configuration(proxyBeanMethods = false)
	static class Jpa {

		@Bean
		LocalContainerEntityManagerFactoryBean entityManagerFactory(DataSource dataSource) {
			LocalContainerEntityManagerFactoryBean factory = new LocalContainerEntityManagerFactoryBean();
			factory.setDataSource(dataSource);
			factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
			factory.setManagedTypes(PersistenceManagedTypes.of(Sale.class.getName()));
			factory.setJpaPropertyMap(Map.of("hibernate.hbm2ddl.auto", "create-drop"));
			return factory;
		}

		@Bean
		JpaTransactionManager ownTransactionManager(EntityManagerFactory factory) {
			return new JpaTransactionManager(factory);
		}

	}

	static class Shop {

		private final EntityManager entityManager;

		Shop(EntityManager entityManager) {
			this.entityManager = entityManager;
		}

		@Transactional
		@DistributedLock("shop")
		public void sell(long number, boolean flushed, Runnable after) {
			this.entityManager.persist(new Sale(number));
			if (flushed) {
				this.entityManager.flush();
			}
			after.run();
		}

		@Transactional(readOnly = true)
		public boolean sold(long number) {
			return this.entityManager.find(Sale.class, number) != null;
		}

	}

	/**
	 * A row.
	 */
	@Entity(name = "Sale")
	@Table(name = "sale")
	static class Sale {

		@Id
		private Long number;

		protected Sale() {
		}

		Sale(long number) {
			this.number = number;
		}

	}

}
