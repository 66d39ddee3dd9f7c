package io.coordination.test;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

import io.coordination.lock.LockRegistry;

/**
 * Auto-configuration of {@link LockTestSupport}, brought by
 * {@link AutoConfigureCoordination} and by nothing else.
 */
// After the circuit breaker, and so around it: an outage that a test makes does not open
// it for the next test
@AutoConfiguration(afterName = "io.coordination.resilience.ResilienceAutoConfiguration",
		beforeName = "io.coordination.autoconfigure.CoordinationAutoConfiguration")
public final class LockTestAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	SwitchedStore coordinationSwitchedStore() {
		return new SwitchedStore();
	}

	@Bean(destroyMethod = "reset")
	@ConditionalOnMissingBean
	LockTestSupport coordinationLockTestSupport(ObjectProvider<LockRegistry> registries, SwitchedStore store,
			Environment environment) {
		return new LockTestSupport(registries, store, environment);
	}

}
