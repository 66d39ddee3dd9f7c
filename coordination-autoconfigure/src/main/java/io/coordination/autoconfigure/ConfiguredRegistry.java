package io.coordination.autoconfigure;

import java.util.function.Consumer;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.coordination.backend.LockBackendFactory;
import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.event.LockEvent;

/**
 * A registry as the properties describe it. What they say wrongly is reported by the name
 * of the property.
 */
final class ConfiguredRegistry {

	private static final String LEASE_TIME = "coordination.lock.lease-time";

	private final LockRegistryBuilder builder;

	private final LockBackendFactory factory;

	private ConfiguredRegistry(LockBackendFactory factory) {
		this.factory = factory;
		this.builder = LockRegistryBuilder.of(factory);
	}

	/**
	 * Builds and starts a registry.
	 * @throws FailureAnalyzedException if a property is wrong, or the backend cannot be
	 * opened
	 */
	static ManagedLockRegistry build(LockBackendFactory factory, CoordinationProperties properties, Namespace namespace,
			Consumer<LockEvent> listener) {
		ConfiguredRegistry registry = new ConfiguredRegistry(factory);
		CoordinationProperties.Lock lock = properties.lock();
		registry.set(namespace.property(), (builder) -> builder.namespace(namespace.value()));
		registry.set(WaitTime.PROPERTY, (builder) -> builder.waitTime(WaitTime.parse(lock.waitTime())));
		registry.set(LEASE_TIME, (builder) -> builder.leaseTime(lock.leaseTime()));
		registry.set("coordination.lock.hand-off.slice", (builder) -> builder.handOffSlice(lock.handOff().slice()));
		registry.set("coordination.fencing-base", (builder) -> builder.fencingBase(properties.fencingBase()));
		registry.set("coordination.lock.shutdown.grace-period",
				(builder) -> builder.gracePeriod(lock.shutdown().gracePeriod()));
		registry.builder.renewal(lock.renewal())
			.asyncRelease(lock.release() == CoordinationProperties.Release.ASYNC)
			.handOff(lock.handOff().enabled())
			.listener(listener);
		return registry.start();
	}

	private void set(String property, Consumer<LockRegistryBuilder> setter) {
		try {
			setter.accept(this.builder);
		}
		catch (IllegalArgumentException | LockKeyException ex) {
			throw wrong(property, ex);
		}
	}

	private ManagedLockRegistry start() {
		try {
			return this.builder.build();
		}
		catch (IllegalArgumentException ex) {
			String message = String.valueOf(ex.getMessage());
			if (message.contains("'leaseTime'")) {
				throw wrong(LEASE_TIME, ex);
			}
			throw new FailureAnalyzedException(
					"The lock backend '" + this.factory.id() + "' cannot be opened: " + sentence(message),
					"Correct its configuration, or choose another with '" + BackendChoice.PROPERTY + "'.", ex);
		}
	}

	private static FailureAnalyzedException wrong(String property, RuntimeException ex) {
		return new FailureAnalyzedException(
				"'" + property + "' cannot be used: " + sentence(String.valueOf(ex.getMessage())),
				property.startsWith("coordination.") ? "Correct '" + property + "'."
						: "Set '" + Namespace.PROPERTY + "', or correct '" + property + "', which is used without it.",
				ex);
	}

	private static String sentence(String message) {
		return message.endsWith(".") ? message : message + ".";
	}

}
