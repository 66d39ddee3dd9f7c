package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.springframework.core.annotation.MergedAnnotations;

/**
 * Warns of annotated methods that work, but perhaps not as they are meant.
 */
final class LockedMethodAdvice {

	private static final String SCHEDULED = "org.springframework.scheduling.annotation.Scheduled";

	private final LockedMethods methods;

	private final Validation validation;

	LockedMethodAdvice(LockedMethods methods, Validation validation) {
		this.methods = methods;
		this.validation = validation;
	}

	void give(Map<Class<?>, Set<Method>> found) {
		List<String> bareKeys = new ArrayList<>();
		Map<String, String> registries = new TreeMap<>();
		found.forEach((type, methods) -> {
			if (methods.isEmpty()) {
				return;
			}
			SelfCalls.find(type, methods)
				.forEach((call) -> this.validation.warn(type.getName(),
						call + ", which goes past the proxy and runs without the lock. Call it from another bean, or "
								+ "use LockRegistry.execute."));
			for (Method method : methods) {
				LockedMethod locked;
				try {
					locked = this.methods.get(method, type);
				}
				catch (InvalidDistributedLockException ex) {
					// Was reported
					continue;
				}
				if (locked.busy() instanceof BusyPolicy.Throw && MergedAnnotations.from(method).isPresent(SCHEDULED)) {
					this.validation.warn(locked.where(),
							"the job waits for the lock and runs in each instance, one after the other, or fails there "
									+ "with a LockNotAcquiredException. If it is to run in one of them, use @SingleRun.");
				}
				for (LockedMethod.Group group : locked.groups()) {
					for (MethodKeys keys : group.keys()) {
						if (keys.isBareKey()) {
							bareKeys.add(locked.where());
						}
						else if (!keys.name().isEmpty()) {
							differentRegistry(registries, keys.name(), group.id(), locked.where());
						}
					}
				}
			}
		});
		if (bareKeys.size() > 1) {
			this.validation.warn(String.join(" and ", bareKeys),
					"their locks are called by a parameter alone, so calls "
							+ "with equal values exclude each other. Give each a name, unless that is meant.");
		}
	}

	private void differentRegistry(Map<String, String> registries, String name, String id, String where) {
		String known = registries.putIfAbsent(name, id);
		if (known != null && !known.equals(id)) {
			this.validation.warn(where, "the lock '" + name + "' is taken from registry '" + id + "' here and from '"
					+ known + "' elsewhere, so it is two locks that do not exclude each other.");
		}
	}

}
