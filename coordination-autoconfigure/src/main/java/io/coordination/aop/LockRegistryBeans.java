package io.coordination.aop;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.function.SingletonSupplier;

import io.coordination.lock.LockRegistry;

/**
 * The registries of the application, which annotations name by their beans. Made when the
 * first lock is wanted of them.
 */
final class LockRegistryBeans {

	private final ConfigurableListableBeanFactory beanFactory;

	LockRegistryBeans(ConfigurableListableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	/**
	 * The name of the registry that is meant without one, so that it is the same registry
	 * with its name; or an empty text, if it cannot be told.
	 */
	String nameOfDefault() {
		String[] names = this.beanFactory.getBeanNamesForType(LockRegistry.class, true, false);
		if (names.length == 1) {
			return names[0];
		}
		List<String> primary = Arrays.stream(names)
			.filter((name) -> this.beanFactory.containsBeanDefinition(name)
					&& this.beanFactory.getBeanDefinition(name).isPrimary())
			.toList();
		return (primary.size() == 1) ? primary.get(0) : "";
	}

	/**
	 * Finds a registry.
	 * @param where class and method, for messages
	 * @param attribute what names it, for messages
	 * @param id the name of its bean, or an empty text for the one that there is
	 * @throws InvalidDistributedLockException if there is no such registry
	 */
	Supplier<LockRegistry> find(String where, String attribute, String id) {
		if (id.isEmpty()) {
			return SingletonSupplier.of(this::theOnly);
		}
		if (!this.beanFactory.containsBean(id) || !this.beanFactory.isTypeMatch(id, LockRegistry.class)) {
			String[] there = this.beanFactory.getBeanNamesForType(LockRegistry.class, true, false);
			throw new InvalidDistributedLockException(where,
					attribute + " = \"" + id + "\" is no bean of type LockRegistry.",
					Spelling.closest(id, List.of(there)).map((name) -> "Did you mean '" + name + "'? ").orElse("")
							+ ((there.length > 0) ? "There is " + String.join(", ", there) + "."
									: "Declare one, or leave the registry out."));
		}
		return SingletonSupplier.of(() -> this.beanFactory.getBean(id, LockRegistry.class));
	}

	private LockRegistry theOnly() {
		LockRegistry registry = this.beanFactory.getBeanProvider(LockRegistry.class).getIfUnique();
		if (registry == null) {
			int count = this.beanFactory.getBeanNamesForType(LockRegistry.class).length;
			throw new InvalidDistributedLockException("methods of this application",
					"there " + ((count == 0) ? "is no bean" : "are " + count + " beans") + " of type LockRegistry.",
					(count == 0) ? "Add a backend, or remove what excludes its auto-configuration."
							: "Mark one of them @Primary, or name one with 'registry'.");
		}
		return registry;
	}

}
