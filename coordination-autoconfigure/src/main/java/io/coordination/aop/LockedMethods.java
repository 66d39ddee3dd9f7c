package io.coordination.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.context.expression.AnnotatedElementKey;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.core.GenericTypeResolver;
import org.springframework.core.annotation.AnnotationConfigurationException;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.scheduling.annotation.Async;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockSpec;

/**
 * Reads the annotations of methods, each once. Safe for use by many threads.
 */
final class LockedMethods {

	/** A variable, or a template for one. */
	private static final Pattern EXPRESSION = Pattern.compile("#[{\\p{Alpha}_]");

	private final ConfigurableBeanFactory beanFactory;

	private final Map<AnnotatedElementKey, LockedMethod> known = new ConcurrentHashMap<>();

	LockedMethods(ConfigurableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	/**
	 * Whether a method, or the one that it implements or overrides, is annotated.
	 */
	static boolean isLocked(Method method, Class<?> targetClass) {
		return annotation(method, targetClass).isPresent();
	}

	/**
	 * What the annotation of a method means.
	 * @throws InvalidDistributedLockException if it can mean nothing
	 */
	LockedMethod get(Method method, Class<?> targetClass) {
		AnnotatedElementKey key = new AnnotatedElementKey(method, targetClass);
		LockedMethod found = this.known.get(key);
		return (found != null) ? found : this.known.computeIfAbsent(key, (absent) -> read(method, targetClass));
	}

	private static MergedAnnotation<DistributedLock> annotation(Method method, Class<?> targetClass) {
		try {
			Method specific = AopUtils.getMostSpecificMethod(method, targetClass);
			MergedAnnotation<DistributedLock> found = in(specific);
			return (found.isPresent() || specific.equals(method)) ? found : in(method);
		}
		catch (AnnotationConfigurationException ex) {
			throw new InvalidDistributedLockException(where(method, targetClass), String.valueOf(ex.getMessage()),
					"Give the name once, as 'name' or as 'value'.", ex);
		}
	}

	private static MergedAnnotation<DistributedLock> in(Method method) {
		return MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY).get(DistributedLock.class);
	}

	private LockedMethod read(Method method, Class<?> targetClass) {
		String where = where(method, targetClass);
		MergedAnnotation<DistributedLock> annotation = annotation(method, targetClass);
		DistributedLock lock = annotation.synthesize();
		Method specific = AopUtils.getMostSpecificMethod(method, targetClass);
		Method declaring = (annotation.getSource() instanceof Method source) ? source : specific;
		Class<?> type = GenericTypeResolver.resolveReturnType(specific, targetClass);
		boolean skips = lock.onBusy() == OnBusy.SKIP;
		checkReturnType(where, specific, type, skips);
		KeyVariables variables = new KeyVariables(declaring);
		KeyExpression key = lock.key().isBlank() ? null
				: new KeyExpression(where, lock.key(), variables, new BeanFactoryResolver(this.beanFactory));
		LockTime time = new LockTime(where);
		Duration wait = lock.waitTime().isEmpty() ? null : time.wait(resolve(where, "waitTime", lock.waitTime()));
		Duration lease = lock.leaseTime().isEmpty() ? null : time.lease(resolve(where, "leaseTime", lock.leaseTime()));
		String name = lock.name().isEmpty() ? identity(declaring, targetClass) : name(where, lock.name());
		return new LockedMethod(where, checked(where, LockedMethod.escaped(name)), key, wait, lease, skips,
				ReturnType.skipped(type), LockedMethod.declaresInterrupt(specific.getExceptionTypes()),
				!Modifier.isFinal(type.getModifiers()));
	}

	private static void checkReturnType(String where, Method method, Class<?> type, boolean skips) {
		if (ReturnType.isLate(method, type)) {
			throw new InvalidDistributedLockException(where, "the method returns " + type
				.getTypeName() + ", so its work would go on after the lock was released.", isAsync(method)
						? "An @Async method can only return void: put @DistributedLock on a method that it calls."
						: "Return the result itself, or use LockRegistry.acquireAsync() and release the handle when "
								+ "the work is done.");
		}
		if (skips && type.isPrimitive() && type != void.class) {
			throw new InvalidDistributedLockException(where,
					"onBusy = SKIP, but a call that is skipped has no " + type + " to return.",
					"Return " + ClassUtils.resolvePrimitiveIfNecessary(type).getSimpleName()
							+ " (null when skipped) or Optional, or use onBusy = THROW.");
		}
	}

	private static boolean isAsync(Method method) {
		return MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY).isPresent(Async.class)
				|| MergedAnnotations.from(method.getDeclaringClass(), SearchStrategy.TYPE_HIERARCHY)
					.isPresent(Async.class);
	}

	private String name(String where, String text) {
		String name = resolve(where, "name", text);
		if (EXPRESSION.matcher(name).find()) {
			throw new InvalidDistributedLockException(where,
					"name = \"" + text
							+ "\" looks like an expression, but a name is plain text: all calls would share it.",
					"What differs from call to call is the key: key = \"" + (name.startsWith("#") ? name : "#id")
							+ "\".");
		}
		return name;
	}

	private static String checked(String where, String name) {
		try {
			LockSpec.of(name);
			return name;
		}
		catch (LockKeyException ex) {
			throw new InvalidDistributedLockException(where, ex.getMessage() + ".", "Give it another name.", ex);
		}
	}

	private String resolve(String where, String attribute, String text) {
		try {
			String resolved = this.beanFactory.resolveEmbeddedValue(text);
			if (StringUtils.hasText(resolved)) {
				return resolved.trim();
			}
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidDistributedLockException(where,
					attribute + " = \"" + text + "\" has a placeholder without a value: " + ex.getMessage() + ".",
					"Set the property, or give a default as in ${some.property:default}.", ex);
		}
		throw new InvalidDistributedLockException(where, attribute + " = \"" + text + "\" is blank.",
				"Give it a value, or leave it out.");
	}

	private static String where(Method method, Class<?> targetClass) {
		return userClass(method, targetClass) + "." + method.getName() + parameters(method, false);
	}

	private static String identity(Method method, Class<?> targetClass) {
		return userClass(method, targetClass) + "#" + method.getName() + parameters(method, true);
	}

	// The names of generated classes differ from process to process.
	private static String userClass(Method method, Class<?> targetClass) {
		boolean generated = Proxy.isProxyClass(targetClass) || targetClass.isHidden() || targetClass.isSynthetic();
		return ClassUtils.getUserClass(generated ? method.getDeclaringClass() : targetClass).getName();
	}

	private static String parameters(Method method, boolean qualified) {
		return Arrays.stream(method.getParameterTypes())
			.map((type) -> qualified ? type.getTypeName() : type.getSimpleName())
			.collect(Collectors.joining(qualified ? "," : ", ", "(", ")"));
	}

}
