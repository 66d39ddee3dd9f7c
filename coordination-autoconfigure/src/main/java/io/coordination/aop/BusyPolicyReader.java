package io.coordination.aop;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.KotlinDetector;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.function.SingletonSupplier;

import io.coordination.lock.LockNotAcquiredException;

/**
 * Finds out what a method gives whose lock is busy, and what is wrong with it.
 */
final class BusyPolicyReader {

	private final ConfigurableListableBeanFactory beanFactory;

	private final DistributedLockProperties properties;

	BusyPolicyReader(ConfigurableListableBeanFactory beanFactory, DistributedLockProperties properties) {
		this.beanFactory = beanFactory;
		this.properties = properties;
	}

	/**
	 * What one annotation wants.
	 *
	 * @param lock the annotation
	 * @param onBusy what the properties say of its name
	 */
	record Wanted(DistributedLock lock, @Nullable OnBusy onBusy) {

	}

	BusyPolicy read(String where, Method method, Class<?> targetClass, ReturnType returned, List<Wanted> all) {
		List<String> said = new ArrayList<>();
		List<BusyPolicy> policies = new ArrayList<>();
		for (Wanted wanted : all) {
			DistributedLock lock = wanted.lock;
			if (wanted.onBusy != null && wanted.onBusy != OnBusy.DEFAULT) {
				add(said, policies, "on-busy = " + wanted.onBusy + " in the properties",
						policy(where, method, returned, wanted.onBusy, "coordination.lock.locks says on-busy = skip"));
				continue;
			}
			if (lock.onBusy() != OnBusy.DEFAULT) {
				add(said, policies, "onBusy = " + lock.onBusy(),
						policy(where, method, returned, lock.onBusy(), "onBusy = SKIP"));
			}
			if (!lock.fallbackMethod().isEmpty()) {
				add(said, policies, "fallbackMethod = \"" + lock.fallbackMethod() + "\"",
						fallback(where, method, targetClass, lock.fallbackMethod()));
			}
			if (lock.failureHandler() != LockFailureHandler.None.class) {
				add(said, policies, "failureHandler = " + lock.failureHandler().getSimpleName(),
						handler(where, lock.failureHandler()));
			}
			if (lock.exception() != LockNotAcquiredException.class) {
				add(said, policies, "exception = " + lock.exception().getSimpleName(), own(where, lock.exception()));
			}
		}
		if (said.size() > 1) {
			throw new InvalidDistributedLockException(where,
					"it says more than once what happens when the lock is busy: " + String.join(", ", said) + ".",
					"Keep one of them.");
		}
		return policies.isEmpty()
				? policy(where, method, returned, this.properties.onBusy(), "coordination.lock.on-busy = skip")
				: policies.get(0);
	}

	private static void add(List<String> said, List<BusyPolicy> policies, String what, BusyPolicy policy) {
		if (!said.contains(what)) {
			said.add(what);
			policies.add(policy);
		}
	}

	private static BusyPolicy policy(String where, Method method, ReturnType returned, OnBusy onBusy, String said) {
		if (onBusy != OnBusy.SKIP) {
			return new BusyPolicy.Throw();
		}
		if (!returned.canBeSkipped()) {
			Class<?> type = returned.type();
			throw new InvalidDistributedLockException(where, said + ", but a call that is skipped has no " + type
				.getTypeName() + " to return.", KotlinDetector.isSuspendingFunction(method)
						? "Return " + type.getSimpleName() + "? (null when skipped), or use onBusy = THROW or a "
								+ "fallbackMethod."
						: type.isPrimitive()
								? "Return " + ClassUtils.resolvePrimitiveIfNecessary(type).getSimpleName()
										+ " (null when skipped) or Optional, or use onBusy = THROW or a fallbackMethod."
								: "Use a type that can be empty, or use onBusy = THROW or a fallbackMethod.");
		}
		return new BusyPolicy.Skip(returned);
	}

	private BusyPolicy handler(String where, Class<? extends LockFailureHandler> type) {
		int count = this.beanFactory.getBeanNamesForType(type, true, false).length;
		if (count == 0) {
			throw new InvalidDistributedLockException(where,
					"there is no bean of type " + type.getName() + ", its failureHandler.", "Make it a bean.");
		}
		if (count > 1 && this.beanFactory.getBeanProvider(type).getIfUnique() == null) {
			throw new InvalidDistributedLockException(where,
					"there are " + count + " beans of type " + type.getName() + ", its failureHandler.",
					"Mark one of them @Primary, or name a more special type.");
		}
		return new BusyPolicy.Handler(SingletonSupplier.of(() -> this.beanFactory.getBean(type)));
	}

	static BusyPolicy own(String where, Class<? extends RuntimeException> type) {
		Constructor<? extends RuntimeException> constructor = ClassUtils.getConstructorIfAvailable(type, String.class,
				Throwable.class);
		if (constructor == null) {
			constructor = ClassUtils.getConstructorIfAvailable(type, String.class);
		}
		if (constructor == null || Modifier.isAbstract(type.getModifiers())) {
			throw new InvalidDistributedLockException(where,
					"exception = " + type.getName() + " has no public constructor with a message.",
					"Add a constructor (String, Throwable) or (String), or use a fallbackMethod.");
		}
		return new BusyPolicy.Own(constructor);
	}

	static BusyPolicy fallback(String where, Method method, Class<?> targetClass, String name) {
		List<Method> candidates = Arrays.stream(ReflectionUtils.getAllDeclaredMethods(targetClass))
			.filter((candidate) -> candidate.getName().equals(name) && !candidate.isSynthetic())
			.toList();
		Class<?>[] parameters = visible(method);
		Class<?>[] withBusy = Arrays.copyOf(parameters, parameters.length + 1);
		withBusy[parameters.length] = LockNotAcquiredException.class;
		for (Class<?>[] wanted : List.of(withBusy, parameters)) {
			for (Method candidate : candidates) {
				if (accepts(candidate, wanted) && returned(method).isAssignableFrom(returned(candidate))
						&& (KotlinDetector.isSuspendingFunction(method)
								|| !KotlinDetector.isSuspendingFunction(candidate))) {
					if (LockedMethods.isLocked(candidate, targetClass)) {
						throw guarded(where, method, candidate);
					}
					ReflectionUtils.makeAccessible(candidate);
					return new BusyPolicy.Fallback(candidate, wanted == withBusy);
				}
			}
		}
		String needed = returned(method).getSimpleName() + " " + name + "("
				+ String.join(", ", Arrays.stream(parameters).map(Class::getSimpleName).toList()) + ")";
		throw new InvalidDistributedLockException(where,
				candidates.isEmpty() ? "there is no method '" + name + "', its fallbackMethod."
						: "its fallbackMethod '" + name + "' has other parameters or another return type: "
								+ candidates.get(0).toGenericString() + ".",
				Spelling
					.closest(name,
							Arrays.stream(ReflectionUtils.getAllDeclaredMethods(targetClass))
								.filter((one) -> one.getDeclaringClass() != Object.class)
								.map(Method::getName)
								.distinct()
								.toList())
					.filter((close) -> candidates.isEmpty())
					.map((close) -> "Did you mean '" + close + "'? ")
					.orElse("") + "Declare '" + needed
						+ "', with a LockNotAcquiredException as last parameter if wanted.");
	}

	/** It is called on the bean, past the proxy, so it would run without its lock. */
	private static InvalidDistributedLockException guarded(String where, Method method, Method fallback) {
		boolean itself = fallback.getName().equals(method.getName())
				&& Arrays.equals(fallback.getParameterTypes(), method.getParameterTypes());
		return new InvalidDistributedLockException(where,
				"its fallbackMethod '" + fallback.getName() + "' is "
						+ (itself ? "the method itself" : "guarded by a lock") + ", and would run without the lock.",
				"Name a method without @DistributedLock, such as a private one.");
	}

	/** Without the continuation of a suspending function. */
	private static Class<?>[] visible(Method method) {
		Class<?>[] parameters = method.getParameterTypes();
		return KotlinDetector.isSuspendingFunction(method) ? Arrays.copyOf(parameters, parameters.length - 1)
				: parameters;
	}

	// What suspends gives an object, boxed
	private static Class<?> returned(Method method) {
		return KotlinDetector.isSuspendingFunction(method) ? SuspendingFunctions.returnType(method)
				: method.getReturnType();
	}

	private static boolean accepts(Method candidate, Class<?>[] wanted) {
		Class<?>[] parameters = visible(candidate);
		if (parameters.length != wanted.length) {
			return false;
		}
		for (int i = 0; i < wanted.length; i++) {
			if (!ClassUtils.isAssignable(parameters[i], wanted[i])) {
				return false;
			}
		}
		return true;
	}

}
