package io.coordination.autoconfigure;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

import io.coordination.backend.BackendListener;
import io.coordination.backend.LockBackend;
import io.coordination.backend.LockBackendDecorator;
import io.coordination.backend.LockBackendFactory;
import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockUncertain;

/**
 * Auto-configuration of the {@link LockRegistry}.
 */
@AutoConfiguration
@EnableConfigurationProperties(CoordinationProperties.class)
public final class CoordinationAutoConfiguration {

	private static final Logger logger = LoggerFactory.getLogger(CoordinationAutoConfiguration.class);

	private static final String DEFAULT_NAMESPACE = "default";

	@Bean(destroyMethod = "close")
	@ConditionalOnMissingBean(LockRegistry.class)
	ManagedLockRegistry coordinationLockRegistry(CoordinationProperties properties,
			ObjectProvider<LockBackendFactory> candidates, ObjectProvider<LockBackendDecorator> decorators,
			Environment environment, ApplicationEventPublisher publisher) {
		LockBackendFactory factory = choose(properties.backend(), candidates.orderedStream().toList());
		if (properties.failFast()) {
			check(factory);
		}
		LockBackendFactory decorated = factory;
		for (LockBackendDecorator decorator : decorators.orderedStream().toList()) {
			decorated = decorator.decorate(decorated);
		}
		CoordinationProperties.Lock lock = properties.lock();
		try {
			return LockRegistryBuilder.of(decorated)
				.namespace(namespace(properties.namespace(), environment))
				.waitTime(waitTime(lock.waitTime()))
				.leaseTime(lock.leaseTime())
				.renewal(lock.renewal())
				.asyncRelease(lock.release() == CoordinationProperties.Release.ASYNC)
				.handOff(lock.handOff().enabled())
				.handOffSlice(lock.handOff().slice())
				.fencingBase(properties.fencingBase())
				.gracePeriod(lock.shutdown().gracePeriod())
				.listener((event) -> {
					if (event instanceof LockLost || event instanceof LockUncertain) {
						publisher.publishEvent(event);
					}
				})
				.build();
		}
		catch (IllegalArgumentException ex) {
			throw new FailureAnalyzedException("The properties 'coordination.*' are not right: " + ex.getMessage(),
					"Correct 'coordination.lock.*' or 'coordination.fencing-base'.", ex);
		}
	}

	@Bean
	@ConditionalOnBean(name = "coordinationLockRegistry", value = ManagedLockRegistry.class)
	@ConditionalOnMissingBean
	LockRegistryLifecycle coordinationLockRegistryLifecycle(
			@Qualifier("coordinationLockRegistry") ManagedLockRegistry coordinationLockRegistry,
			CoordinationProperties properties) {
		return new LockRegistryLifecycle(coordinationLockRegistry, properties.lock().shutdown().gracePeriod());
	}

	private static LockBackendFactory choose(@Nullable String wanted, List<LockBackendFactory> candidates) {
		String names = candidates.stream().map(LockBackendFactory::id).collect(Collectors.joining(", "));
		if (wanted != null) {
			return candidates.stream()
				.filter((candidate) -> candidate.id().equals(wanted))
				.findFirst()
				.orElseThrow(() -> new FailureAnalyzedException(
						"'coordination.backend' is '" + wanted + "', but there is no such lock backend"
								+ (names.isEmpty() ? "." : "; there is: " + names + "."),
						"Set 'coordination.backend' to one of the backends, or add its client library, "
								+ "such as spring-boot-starter-data-redis for 'redis'."));
		}
		if (candidates.size() == 1) {
			return candidates.get(0);
		}
		if (candidates.isEmpty()) {
			throw new FailureAnalyzedException("There is no lock backend, and locks are never only local.",
					"Add a client library, such as spring-boot-starter-data-redis, "
							+ "or set 'coordination.backend' to 'memory' in a test.");
		}
		throw new FailureAnalyzedException("There are several lock backends: " + names + ".",
				"Set 'coordination.backend' to one of them.");
	}

	private static String namespace(@Nullable String configured, Environment environment) {
		if (configured != null) {
			return configured;
		}
		String name = environment.getProperty("spring.application.name");
		if (name != null && !name.isBlank()) {
			return name;
		}
		logger.info("Locks use the namespace '{}': set 'spring.application.name' or 'coordination.namespace' "
				+ "to keep applications apart that share a store", DEFAULT_NAMESPACE);
		return DEFAULT_NAMESPACE;
	}

	private static Duration waitTime(String text) {
		if (text.equalsIgnoreCase("unbounded")) {
			return LockSpec.UNBOUNDED;
		}
		String remedy = "Set 'coordination.lock.wait-time' to a duration such as '500ms' or '3s', to '0' to ask once, "
				+ "or to 'unbounded'.";
		Duration wait;
		try {
			wait = DurationStyle.detectAndParse(text);
		}
		catch (IllegalArgumentException ex) {
			throw new FailureAnalyzedException("'coordination.lock.wait-time' is no duration: '" + text + "'.", remedy,
					ex);
		}
		if (wait.isNegative()) {
			throw new FailureAnalyzedException("'coordination.lock.wait-time' must not be negative: '" + text + "'.",
					remedy);
		}
		return wait;
	}

	private static void check(LockBackendFactory factory) {
		try (LockBackend backend = factory.open(Nobody.INSTANCE)) {
			long millis = 2 * backend.traits().requestTimeout().toMillis() + 1000;
			Collection<String> warnings = backend.check().toCompletableFuture().get(millis, TimeUnit.MILLISECONDS);
			warnings.forEach(logger::warn);
		}
		catch (ExecutionException | TimeoutException ex) {
			Throwable cause = (ex.getCause() != null) ? ex.getCause() : ex;
			throw new FailureAnalyzedException(
					"The lock backend '" + factory.id() + "' cannot be used: " + cause.getMessage(),
					"Start it, correct its address, or set 'coordination.fail-fast' to false to start without it.", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Listens to a backend that is opened only to be checked.
	 */
	private enum Nobody implements BackendListener {

		INSTANCE;

		@Override
		public void disconnected() {
		}

		@Override
		public void reconnected() {
		}

		@Override
		public void strayGrant(LockKey key, OwnerId owner) {
		}

	}

}
