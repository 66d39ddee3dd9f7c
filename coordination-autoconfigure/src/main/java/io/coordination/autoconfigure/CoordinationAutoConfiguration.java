package io.coordination.autoconfigure;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

import io.coordination.backend.LockBackendDecorator;
import io.coordination.backend.LockBackendFactory;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.event.LockListener;

/**
 * Auto-configuration of the {@link LockRegistry}.
 */
@AutoConfiguration
@EnableConfigurationProperties(CoordinationProperties.class)
public final class CoordinationAutoConfiguration {

	@Bean(destroyMethod = "close")
	@ConditionalOnMissingBean(LockRegistry.class)
	ManagedLockRegistry coordinationLockRegistry(CoordinationProperties properties,
			ObjectProvider<LockBackendFactory> candidates, ObjectProvider<LockBackendDecorator> decorators,
			ObjectProvider<LockListener> listeners, Environment environment, ApplicationEventPublisher publisher) {
		LockBackendFactory factory = BackendChoice.choose(properties.backend(), candidates.orderedStream().toList());
		if (properties.failFast()) {
			StartUpCheck.run(factory);
		}
		for (LockBackendDecorator decorator : decorators.orderedStream().toList()) {
			factory = decorator.decorate(factory);
		}
		ManagedLockRegistry registry = ConfiguredRegistry.build(factory, properties,
				Namespace.find(properties.namespace(), environment), listeners.orderedStream().toList(),
				publisher::publishEvent);
		if (!properties.failFast()) {
			StartUpCheck.runInBackground(registry);
		}
		return registry;
	}

	@Bean
	@ConditionalOnBean(name = "coordinationLockRegistry", value = ManagedLockRegistry.class)
	@ConditionalOnMissingBean
	LockRegistryLifecycle coordinationLockRegistryLifecycle(
			@Qualifier("coordinationLockRegistry") ManagedLockRegistry coordinationLockRegistry,
			CoordinationProperties properties) {
		return new LockRegistryLifecycle(coordinationLockRegistry, properties.lock().shutdown().gracePeriod());
	}

}
