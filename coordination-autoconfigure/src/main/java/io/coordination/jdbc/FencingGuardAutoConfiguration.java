package io.coordination.jdbc;

import javax.sql.DataSource;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Auto-configuration of the {@link FencingGuard} for applications with one relational
 * database, or one that is primary.
 */
@AutoConfiguration(afterName = { "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
		"org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration" })
@ConditionalOnClass(JdbcClient.class)
@ConditionalOnSingleCandidate(DataSource.class)
@EnableConfigurationProperties(FencingProperties.class)
public final class FencingGuardAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	FencingGuard coordinationFencingGuard(DataSource dataSource, FencingProperties properties) {
		FencingGuard guard = FencingGuard.of(dataSource);
		try {
			return guard.withTable(properties.table());
		}
		catch (IllegalArgumentException ex) {
			throw new FailureAnalyzedException("'coordination.fencing.table' cannot be used: " + ex.getMessage() + ".",
					"Set it to the name of a table, such as '" + FencingGuard.DEFAULT_TABLE + "'.", ex);
		}
	}

}
