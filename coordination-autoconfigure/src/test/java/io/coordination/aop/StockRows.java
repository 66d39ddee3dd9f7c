package io.coordination.aop;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;

import io.coordination.test.LockTestAutoConfiguration;

/**
 * A database with one number, of which there are 1000 at first.
 */
class StockRows {

	private final JdbcTemplate jdbc;

	StockRows(JdbcTemplate jdbc) {
		this.jdbc = jdbc;
		this.jdbc.execute("drop table if exists stock");
		this.jdbc.execute("create table stock (quantity int)");
		this.jdbc.execute("insert into stock values (1000)");
	}

	/**
	 * An application with this database, and locks that can be lost.
	 */
	static ApplicationContextRunner runner(String database) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					JdbcTemplateAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
					TransactionAutoConfiguration.class, TransactionManagerCustomizationAutoConfiguration.class,
					LockTransactionAutoConfiguration.class, LockTestAutoConfiguration.class))
			.withConfiguration(AutoConfigurations.of(LockedFixture.CONFIGURATION))
			.withPropertyValues("coordination.backend=memory", "spring.datasource.generate-unique-name=false",
					"spring.datasource.url=jdbc:h2:mem:" + database + ";LOCK_TIMEOUT=10000",
					"spring.datasource.hikari.maximum-pool-size=3")
			.withBean(StockRows.class);
	}

	int read() {
		Integer quantity = this.jdbc.queryForObject("select quantity from stock", Integer.class);
		return (quantity != null) ? quantity : -1;
	}

	void write(int quantity) {
		this.jdbc.update("update stock set quantity = ?", quantity);
	}

}
