package io.coordination.autoconfigure;

import java.util.List;
import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.coordination.backend.LockBackendFactory;
import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockListener;

/**
 * A registry as the properties describe it. What they say wrongly is reported by the name
 * of the property.
 */
final class ConfiguredRegistry {

	private static final String LEASE_TIME = "coordination.lock.lease-time";

	private static final String LEASES = "a duration such as '30s'";

	private static final Logger logger = LoggerFactory.getLogger(ConfiguredRegistry.class);

	private final LockRegistryBuilder builder;

	private final LockBackendFactory factory;

	private ConfiguredRegistry(LockBackendFactory factory) {
		this.factory = factory;
		this.builder = LockRegistryBuilder.of(factory);
	}

	/**
	 * Builds and starts a registry.
	 * @param listeners told of every event
	 * @param lossListener told of locks that are lost or uncertain
	 * @throws FailureAnalyzedException if a property is wrong, or the backend cannot be
	 * opened
	 */
	static ManagedLockRegistry build(LockBackendFactory factory, CoordinationProperties properties, Namespace namespace,
			List<LockListener> listeners, Consumer<LockEvent> lossListener) {
		ConfiguredRegistry registry = new ConfiguredRegistry(factory);
		CoordinationProperties.Lock lock = properties.lock();
		registry.set(namespace.property(), "a name", (builder) -> builder.namespace(namespace.value()));
		registry.set(WaitTime.PROPERTY, "a duration such as '3s'",
				(builder) -> builder.waitTime(WaitTime.parse(lock.waitTime())));
		registry.set(LEASE_TIME, LEASES, (builder) -> builder.leaseTime(lock.leaseTime()));
		registry.set("coordination.lock.hand-off.slice", "a duration such as '50ms'",
				(builder) -> builder.handOffSlice(lock.handOff().slice()));
		registry.set("coordination.fencing-base", "a number such as '0'",
				(builder) -> builder.fencingBase(properties.fencingBase()));
		registry.set("coordination.lock.shutdown.grace-period", "a duration such as '20s'",
				(builder) -> builder.gracePeriod(lock.shutdown().gracePeriod()));
		registry.builder.renewal(lock.renewal())
			.asyncRelease(lock.release() == CoordinationProperties.Release.ASYNC)
			.handOff(lock.handOff().enabled())
			.lossListener(lossListener);
		listeners.forEach(registry.builder::listener);
		ManagedLockRegistry started = registry.start();
		logger.info("Locks of namespace '{}' are kept by '{}'", namespace.value(), factory.id());
		return started;
	}

	private void set(String property, String form, Consumer<LockRegistryBuilder> setter) {
		try {
			setter.accept(this.builder);
		}
		catch (IllegalArgumentException | LockKeyException ex) {
			throw wrong(property, form, ex);
		}
	}

	private ManagedLockRegistry start() {
		try {
			return this.builder.build();
		}
		catch (IllegalArgumentException ex) {
			String message = String.valueOf(ex.getMessage());
			if (message.contains("'leaseTime'")) {
				throw wrong(LEASE_TIME, LEASES, ex);
			}
			throw new FailureAnalyzedException(
					"The lock backend '" + this.factory.id() + "' cannot be opened: " + sentence(message),
					"Correct its configuration, or choose another with '" + BackendChoice.PROPERTY + "'.", ex);
		}
	}

	private static FailureAnalyzedException wrong(String property, String form, RuntimeException ex) {
		return new FailureAnalyzedException(
				"'" + property + "' cannot be used: " + sentence(String.valueOf(ex.getMessage())),
				property.startsWith("coordination.") ? "Set '" + property + "' to " + form + "."
						: "Set '" + Namespace.PROPERTY + "', or correct '" + property + "', which is used without it.",
				ex);
	}

	private static String sentence(String message) {
		return message.endsWith(".") ? message : message + ".";
	}

}
