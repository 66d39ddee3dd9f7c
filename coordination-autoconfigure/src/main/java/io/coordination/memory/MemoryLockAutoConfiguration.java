package io.coordination.memory;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of locks in memory, for tests and single processes: only if it is
 * asked for by name.
 */
@AutoConfiguration(beforeName = "io.coordination.autoconfigure.CoordinationAutoConfiguration")
@ConditionalOnProperty(name = "coordination.backend", havingValue = "memory")
public final class MemoryLockAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	MemoryLockBackendFactory coordinationMemoryLockBackendFactory() {
		return new MemoryLockBackendFactory();
	}

}
