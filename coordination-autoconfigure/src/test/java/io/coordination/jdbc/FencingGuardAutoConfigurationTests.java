package io.coordination.jdbc;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.lock.StaleLockException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The guard as an application gets it.
 */
class FencingGuardAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(FencingGuardAutoConfiguration.class, DataSourceAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
				JdbcClientAutoConfiguration.class, DataSourceInitializationAutoConfiguration.class))
		.withPropertyValues("spring.datasource.generate-unique-name=true");

	@Test
	void guardsTheDatabaseOfTheApplication() {
		this.runner.withPropertyValues("spring.sql.init.schema-locations=classpath:io/coordination/jdbc/schema.sql")
			.run((context) -> {
				FencingGuard guard = context.getBean(FencingGuard.class);
				TransactionTemplate transaction = new TransactionTemplate(
						context.getBean(PlatformTransactionManager.class));
				transaction.executeWithoutResult((status) -> guard.check("stock", 34));
				assertThatExceptionOfType(StaleLockException.class)
					.isThrownBy(() -> transaction.executeWithoutResult((status) -> guard.check("stock", 33)));
			});
	}

	@Test
	void usesTheTableThatIsConfigured() {
		this.runner.withPropertyValues("coordination.fencing.table=shop_fences").run((context) -> {
			JdbcClient jdbc = context.getBean(JdbcClient.class);
			jdbc.sql("CREATE TABLE shop_fences (name VARCHAR(64) PRIMARY KEY, token BIGINT NOT NULL)").update();
			new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> context.getBean(FencingGuard.class).check("stock", 34));
			assertThat(jdbc.sql("SELECT token FROM shop_fences").query(Long.class).single()).isEqualTo(34);
		});
		this.runner.withPropertyValues("coordination.fencing.table=no table")
			.run((context) -> assertThat(context).getFailure()
				.cause()
				.cause()
				.isInstanceOf(FailureAnalyzedException.class)
				.hasMessageStartingWith(
						"'coordination.fencing.table' cannot be used: 'table' must be the name of a table")
				.hasMessageContaining("'no table'"));
	}

	@Test
	void isNotThereWithoutOneDatabase() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(FencingGuardAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(FencingGuard.class));
		this.runner.withBean("one", DataSource.class, DriverManagerDataSource::new)
			.withBean("two", DataSource.class, DriverManagerDataSource::new)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(FencingGuard.class));
		new ApplicationContextRunner().withBean("one", DataSource.class, DriverManagerDataSource::new)
			.withClassLoader(new FilteredClassLoader(JdbcClient.class))
			.withConfiguration(AutoConfigurations.of(FencingGuardAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(FencingGuard.class));
	}

	@Test
	void backsOff() {
		FencingGuard own = FencingGuard.of(new DriverManagerDataSource("jdbc:h2:mem:own"));
		this.runner.withBean(FencingGuard.class, () -> own)
			.run((context) -> assertThat(context.getBean(FencingGuard.class)).isSameAs(own));
	}

}
