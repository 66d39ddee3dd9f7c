package io.coordination.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.format.annotation.DurationFormat;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

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
			inherited(type);
			if (methods.isEmpty()) {
				return;
			}
			SelfCalls.find(type, methods)
				.forEach((call) -> this.validation.warn(type.getName(),
						call + ", which goes past the proxy and runs without the lock. Call it from another bean, or "
								+ "use LockRegistry.execute."));
			tokensWithoutLock(type, methods);
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
				holdTimes(locked);
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

	/** A class speaks for the methods that are written in it, and in those below. */
	private void inherited(Class<?> type) {
		if (!AnnotationUtils.isCandidateClass(type, DistributedLock.class)
				|| !MergedAnnotations.from(type, SearchStrategy.SUPERCLASS).isPresent(DistributedLock.class)) {
			return;
		}
		Set<String> unlocked = new TreeSet<>();
		for (Method method : type.getMethods()) {
			Class<?> declaring = method.getDeclaringClass();
			if (declaring != type && !Modifier.isStatic(method.getModifiers()) && !method.isBridge()
					&& !declaring.getName().startsWith("java.")
					&& !declaring.getName().startsWith("org.springframework.")
					&& !LockedMethods.isLocked(method, type)) {
				unlocked.add(method.getName() + " of " + declaring.getName());
			}
		}
		if (!unlocked.isEmpty()) {
			this.validation.warn(type.getName(),
					"it does not stand for what the class inherits, which runs without the lock: "
							+ String.join(", ", unlocked) + ". Override it, or annotate it there.");
		}
	}

	private void holdTimes(LockedMethod locked) {
		LockTerms terms = locked.terms();
		Duration least = terms.minHoldTime();
		if (least == null) {
			return;
		}
		Duration most = terms.maxHoldTime();
		if (most != null && most.compareTo(least) < 0) {
			this.validation.warn(locked.where(), "maxHoldTime (" + text(most) + ") is shorter than minHoldTime ("
					+ text(least) + "), and a lock that is lost is not kept. Make minHoldTime the shorter one.");
		}
		Duration lease = terms.leaseTime();
		if (Boolean.FALSE.equals(terms.renewal()) && lease != null && lease.compareTo(least) < 0) {
			this.validation.warn(locked.where(),
					"minHoldTime (" + text(least) + ") is longer than leaseTime (" + text(lease)
							+ "), which is not renewed: a lock that is lost with its lease is not kept. Make "
							+ "leaseTime the longer one.");
		}
	}

	private static String text(Duration time) {
		return DurationFormatterUtils.print(time, DurationFormat.Style.COMPOSITE);
	}

	private void tokensWithoutLock(Class<?> type, Set<Method> locked) {
		for (Method method : ReflectionUtils.getUniqueDeclaredMethods(ClassUtils.getUserClass(type))) {
			if (!locked.contains(method) && !method.isSynthetic() && Arrays.stream(method.getParameters())
				.anyMatch((parameter) -> parameter.isAnnotationPresent(FencingToken.class))) {
				this.validation.warn(MethodName.readable(method, type),
						"the method has no lock, so its @FencingToken parameter gets what the caller passes.");
			}
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
