package io.coordination.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.expression.AnnotatedElementKey;
import org.springframework.core.annotation.AnnotationConfigurationException;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.function.SingletonSupplier;

/**
 * Reads the annotations of methods, each once. Safe for use by many threads.
 */
final class LockedMethods {

	private final SingletonSupplier<LockedMethodReader> reader;

	private final Map<AnnotatedElementKey, LockedMethod> known = new ConcurrentHashMap<>();

	LockedMethods(ConfigurableListableBeanFactory beanFactory, Supplier<DistributedLockProperties> properties) {
		this.reader = SingletonSupplier.of(() -> new LockedMethodReader(beanFactory, properties.get()));
	}

	/**
	 * Whether a method, the one that it implements or overrides, or its class is
	 * annotated.
	 */
	static boolean isLocked(Method method, Class<?> targetClass) {
		return !annotations(method, targetClass).isEmpty();
	}

	/**
	 * What the annotations of a method mean.
	 * @throws InvalidDistributedLockException if they can mean nothing
	 */
	LockedMethod get(Method method, Class<?> targetClass) {
		AnnotatedElementKey key = new AnnotatedElementKey(method, targetClass);
		LockedMethod found = this.known.get(key);
		if (found != null) {
			return found;
		}
		// Reading may ask beans for their types, which may make others, which are read
		// then
		LockedMethod read = this.reader.obtain()
			.read(AopUtils.getMostSpecificMethod(method, targetClass), targetClass, annotations(method, targetClass));
		LockedMethod before = this.known.putIfAbsent(key, read);
		return (before != null) ? before : read;
	}

	/**
	 * What the properties say in vain, as far as annotations have been read.
	 */
	List<String> unusedProperties() {
		return this.reader.obtain().unusedProperties();
	}

	static List<MergedAnnotation<DistributedLock>> annotations(Method method, Class<?> targetClass) {
		try {
			Method specific = AopUtils.getMostSpecificMethod(method, targetClass);
			List<MergedAnnotation<DistributedLock>> found = nearest(
					MergedAnnotations.from(specific, SearchStrategy.TYPE_HIERARCHY));
			if (found.isEmpty() && !specific.equals(method)) {
				found = nearest(MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY));
			}
			return (found.isEmpty() && takesPartOfItsClass(specific)) ? ofClass(specific, method) : found;
		}
		catch (AnnotationConfigurationException ex) {
			throw new InvalidDistributedLockException(MethodName.readable(method, targetClass),
					String.valueOf(ex.getMessage()), "Give the name once, as 'name' or as 'value'.", ex);
		}
	}

	/**
	 * Finds out whether a method has annotations of two types, neither of which overrides
	 * the other.
	 * @return the type whose annotation does not count, or {@code null} if there is none
	 */
	static @Nullable Class<?> contradiction(Method method, Class<?> targetClass) {
		Method specific = AopUtils.getMostSpecificMethod(method, targetClass);
		List<MergedAnnotation<DistributedLock>> all = MergedAnnotations.from(specific, SearchStrategy.TYPE_HIERARCHY)
			.stream(DistributedLock.class)
			.toList();
		if (all.isEmpty() || !(all.get(0).getSource() instanceof Method first) || first.equals(specific)) {
			return null;
		}
		DistributedLock said = all.get(0).synthesize();
		return all.stream()
			.filter((annotation) -> !annotation.synthesize().equals(said))
			.map((annotation) -> (annotation.getSource() instanceof Method source) ? source.getDeclaringClass() : null)
			.filter((type) -> type != null && !type.isAssignableFrom(first.getDeclaringClass()))
			.findFirst()
			.orElse(null);
	}

	private static List<MergedAnnotation<DistributedLock>> ofClass(Method specific, Method method) {
		List<MergedAnnotation<DistributedLock>> found = nearest(
				MergedAnnotations.from(specific.getDeclaringClass(), SearchStrategy.TYPE_HIERARCHY));
		return (found.isEmpty() && method.getDeclaringClass() != specific.getDeclaringClass())
				? nearest(MergedAnnotations.from(method.getDeclaringClass(), SearchStrategy.TYPE_HIERARCHY)) : found;
	}

	private static boolean takesPartOfItsClass(Method method) {
		return Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers())
				&& !method.isSynthetic() && ClassUtils.isUserLevelMethod(method)
				&& !ReflectionUtils.isObjectMethod(method);
	}

	/** Those of the nearest element alone: an override says all anew. */
	private static List<MergedAnnotation<DistributedLock>> nearest(MergedAnnotations all) {
		List<MergedAnnotation<DistributedLock>> found = all.stream(DistributedLock.class).toList();
		int nearest = found.stream().mapToInt(MergedAnnotation::getAggregateIndex).min().orElse(0);
		return found.stream().filter((annotation) -> annotation.getAggregateIndex() == nearest).toList();
	}

}
