package io.coordination.aop;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.KotlinDetector;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedMethod;
import org.springframework.core.annotation.MergedAnnotation;

import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;

/**
 * Finds out what the annotations of a method mean, and what is wrong with them. What the
 * properties say of a name comes first, then the annotation, then the properties that
 * hold for all.
 */
final class LockedMethodReader {

	/** A variable, or a template for one. */
	private static final Pattern EXPRESSION = Pattern.compile("#[{\\p{Alpha}_]");

	/** A variable and its properties. */
	private static final Pattern VARIABLE = Pattern.compile("#[\\p{Alpha}_]\\w*(?:\\.\\w+)*");

	/** What properties can be called without brackets. */
	private static final Pattern PLAIN = Pattern.compile("[\\p{Alnum}._-]+");

	private static final DistributedLockProperties.Named NOTHING = new DistributedLockProperties.Named(null, null, null,
			null, null, null, null, null);

	private final ConfigurableListableBeanFactory beanFactory;

	private final DistributedLockProperties properties;

	private final Placeholders placeholders;

	private final LockRegistryBeans registries;

	private final Set<String> names = ConcurrentHashMap.newKeySet();

	LockedMethodReader(ConfigurableListableBeanFactory beanFactory, DistributedLockProperties properties) {
		this.beanFactory = beanFactory;
		this.properties = properties;
		this.placeholders = new Placeholders(beanFactory);
		this.registries = new LockRegistryBeans(beanFactory);
	}

	LockedMethod read(Method specific, Class<?> targetClass, List<MergedAnnotation<DistributedLock>> annotations) {
		String where = MethodName.readable(specific, targetClass);
		List<Written> all = annotations.stream()
			.map((annotation) -> written(where, annotation.synthesize(),
					(annotation.getSource() instanceof Method source) ? source : MethodName.written(specific),
					targetClass))
			.toList();
		ReturnType returned = ReturnType.of(specific, targetClass);
		ReleasePolicy release = Objects
			.requireNonNull(agreed(where, "release", all, (one) -> one.lock.release(), ReleasePolicy.AFTER_COMPLETION));
		checkReturnType(where, returned, specific, release);
		checkParts(where, returned, ResolvableType.forMethodReturnType(specific, targetClass), release);
		OnLost onLost = Objects.requireNonNull(agreed(where, "onLost", all,
				(one) -> or(one.named.onLost(), one.lock.onLost(), OnLost.DEFAULT), this.properties.onLost()));
		LockTerms terms = terms(where, all, release, onLost);
		BusyPolicy busy = new BusyPolicyReader(this.beanFactory, this.properties).read(where, specific, targetClass,
				returned,
				all.stream().map((one) -> new BusyPolicyReader.Wanted(one.lock, one.named.onBusy())).toList());
		agreed(where, "message", all, (one) -> one.lock.message().isEmpty() ? null : one.lock.message(), null);
		List<LockedMethod.Group> groups = groups(where, all);
		return new LockedMethod(where, groups, terms, busy, (onLost != OnLost.DEFAULT) ? onLost : OnLost.FAIL, release,
				returned, LockedMethod.declaresInterrupt(specific.getExceptionTypes()),
				tokenParameter(where, specific, all), KotlinDetector.isSuspendingFunction(specific));
	}

	private Written written(String where, DistributedLock lock, Method declaring, Class<?> targetClass) {
		String name = lock.name().isEmpty() ? "" : name(where, lock.name());
		if (!name.isEmpty()) {
			this.names.add(name);
		}
		DistributedLockProperties.Named named = name.isEmpty() ? NOTHING
				: this.properties.locks().getOrDefault(name, NOTHING);
		MethodKeys keys = MethodKeys.read(where, lock, name, MethodName.identity(declaring, targetClass), declaring,
				this.beanFactory, this.placeholders, this.properties.maxKeys());
		if (!keys.name().isEmpty()) {
			checkName(where, keys.name());
		}
		return new Written(lock, name, named, keys, name.isEmpty() ? MethodName.label(declaring, targetClass) : name);
	}

	private LockTerms terms(String where, List<Written> all, ReleasePolicy release, OnLost onLost) {
		LockTime time = new LockTime(where);
		Duration wait = agreed(where, "waitTime", all, (one) -> {
			String named = one.named.waitTime();
			String attribute = (named != null) ? one.property("wait-time") : "waitTime";
			String text = (named != null) ? named : one.lock.waitTime();
			return text.isEmpty() ? null : time.wait(attribute, resolve(where, attribute, text));
		}, null);
		Duration lease = agreed(where, "leaseTime", all, (one) -> (one.named.leaseTime() != null)
				? one.named.leaseTime() : duration(where, "leaseTime", one.lock.leaseTime(), time::lease), null);
		Renewal renewal = agreed(where, "renewal", all,
				(one) -> (one.named.renewal() != null) ? (one.named.renewal() ? Renewal.ENABLED : Renewal.DISABLED)
						: (one.lock.renewal() != Renewal.DEFAULT) ? one.lock.renewal() : null,
				null);
		Duration maxHold = agreed(where, "maxHoldTime", all, (one) -> (one.named.maxHoldTime() != null)
				? one.named.maxHoldTime() : duration(where, "maxHoldTime", one.lock.maxHoldTime(), time::hold), null);
		Duration minHold = agreed(where, "minHoldTime", all, (one) -> (one.named.minHoldTime() != null)
				? one.named.minHoldTime() : duration(where, "minHoldTime", one.lock.minHoldTime(), time::hold), null);
		if (release == ReleasePolicy.ON_EXPIRY) {
			if (lease == null || minHold != null) {
				throw new InvalidDistributedLockException(where,
						"release = ON_EXPIRY keeps the lock for its lease time, " + ((lease == null)
								? "but there is none." : "so it cannot have a minimum hold time of its own."),
						(lease == null) ? "Give it a leaseTime." : "Leave minHoldTime out.");
			}
			minHold = lease;
		}
		try {
			return checked(new LockTerms(wait, lease, (renewal != null) ? renewal == Renewal.ENABLED : null, maxHold,
					minHold, onLost == OnLost.INTERRUPT, labels(all)));
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidDistributedLockException(where, ex.getMessage() + ".",
					"Correct the annotation, or what 'coordination.lock.locks' says of the name.", ex);
		}
	}

	private static LockLabels labels(List<Written> all) {
		Map<String, String> labels = new TreeMap<>();
		all.forEach((one) -> labels.put(one.keys.name(), one.label));
		return LockLabels.of(labels);
	}

	private static LockTerms checked(LockTerms terms) {
		terms.spec(List.of("any"));
		return terms;
	}

	private @Nullable Duration duration(String where, String attribute, String text,
			Function<String, Function<String, Duration>> parser) {
		return text.isEmpty() ? null : parser.apply(attribute).apply(resolve(where, attribute, text));
	}

	/**
	 * What all annotations of a method say of something that holds for all its locks.
	 */
	private static <T> @Nullable T agreed(String where, String attribute, List<Written> all,
			Function<Written, @Nullable T> value, @Nullable T otherwise) {
		List<T> said = new ArrayList<>();
		for (Written one : all) {
			T found = value.apply(one);
			if (found != null && !said.contains(found)) {
				said.add(found);
			}
		}
		if (said.size() > 1) {
			throw new InvalidDistributedLockException(where,
					"its locks are acquired together, but have different values of '" + attribute + "': " + said + ".",
					"Give all of them the same, or only one of them a value; or put them on two methods.");
		}
		return said.isEmpty() ? otherwise : said.get(0);
	}

	private static <T> @Nullable T or(@Nullable T named, T written, T unset) {
		return (named != null) ? named : (written != unset) ? written : null;
	}

	private List<LockedMethod.Group> groups(String where, List<Written> all) {
		Map<String, List<MethodKeys>> byRegistry = new TreeMap<>();
		Map<String, Supplier<LockRegistry>> found = new HashMap<>();
		for (Written one : all) {
			String named = one.named.registry();
			String attribute = (named != null) ? one.property("registry") : "registry";
			String text = (named != null) ? named : one.lock.registry();
			String id = text.isEmpty() ? this.registries.nameOfDefault() : resolve(where, attribute, text);
			found.computeIfAbsent(id, (absent) -> this.registries.find(where, attribute, id));
			byRegistry.computeIfAbsent(id, (absent) -> new ArrayList<>()).add(one.keys);
		}
		List<LockedMethod.Group> groups = new ArrayList<>();
		byRegistry.forEach((id, keys) -> groups
			.add(new LockedMethod.Group(id, Objects.requireNonNull(found.get(id)), List.copyOf(keys))));
		return groups;
	}

	/**
	 * What the properties say of names that no annotation has, as far as they were read.
	 */
	List<String> unusedProperties() {
		return this.properties.locks()
			.keySet()
			.stream()
			.filter((name) -> !this.names.contains(name))
			.map((name) -> "'coordination.lock.locks." + name + "' has no effect: no @DistributedLock has this name. "
					+ Spelling.closest(name, this.names)
						.map((close) -> "Did you mean '" + (PLAIN.matcher(close).matches() ? close : "[" + close + "]")
								+ "'? ")
						.orElse("")
					+ "A name with other characters than letters, digits and '-_.' goes in brackets: '[shop:order]'.")
			.toList();
	}

	private static void checkReturnType(String where, ReturnType returned, Method method, ReleasePolicy release) {
		boolean suspending = KotlinDetector.isSuspendingFunction(method);
		if (returned.kind() != ReturnType.Kind.LATE || (release == ReleasePolicy.AFTER_INVOCATION && !suspending)) {
			return;
		}
		if (!ReturnType.isKotlinSupported() && suspending) {
			throw new InvalidDistributedLockException(where,
					"a suspending function cannot be intercepted without kotlinx-coroutines-reactor and kotlin-reflect.",
					"Add org.jetbrains.kotlinx:kotlinx-coroutines-reactor and org.jetbrains.kotlin:kotlin-reflect.");
		}
		String action = suspending
				? "Return the result itself. A Flow is for a function that is not suspending: it is locked for each "
						+ "collection."
				: "Return the result itself, a CompletableFuture, a Mono or a Flux (with Reactor on the class path). With "
						+ "release = AFTER_INVOCATION the lock is for the call alone.";
		throw new InvalidDistributedLockException(where, "the method returns " + returned.type().getTypeName()
				+ ", so its work would go on after the lock was released.", action);
	}

	private static void checkParts(String where, ReturnType returned, ResolvableType type, ReleasePolicy release) {
		Class<?> late = (returned.kind() == ReturnType.Kind.VALUE && release != ReleasePolicy.AFTER_INVOCATION)
				? ReturnType.latePart(type) : null;
		if (late != null) {
			throw new InvalidDistributedLockException(where,
					"the method returns " + type + ", and the work of the " + late.getSimpleName()
							+ " would go on after the lock was released.",
					"Have the work done by a method that returns a result, a CompletableFuture, a Mono or a Flux, and lock "
							+ "that one. With release = AFTER_INVOCATION the lock is for the call alone.");
		}
	}

	private static int tokenParameter(String where, Method method, List<Written> all) {
		List<Integer> found = new ArrayList<>();
		// Also what the interface says of a parameter
		MethodParameter[] parameters = new AnnotatedMethod(method).getMethodParameters();
		for (int i = 0; i < parameters.length; i++) {
			if (parameters[i].hasParameterAnnotation(FencingToken.class)) {
				found.add(i);
			}
		}
		if (found.isEmpty()) {
			return -1;
		}
		Class<?> type = method.getParameterTypes()[found.get(0)];
		if (found.size() > 1 || (type != long.class && type != Long.class)) {
			throw new InvalidDistributedLockException(where,
					"@FencingToken is for one parameter of type long, but is on " + ((found.size() > 1)
							? found.size() + " parameters." : "one of type " + type.getTypeName() + "."),
					"Take one 'long'; for several locks use LockContext.current().fencingToken(name).");
		}
		if (all.size() > 1 || all.get(0).lock.keys().length > 0 || !all.get(0).lock.keyResolver().isEmpty()) {
			throw new InvalidDistributedLockException(where,
					"@FencingToken is for a method with one lock: each of several has a token of its own.",
					"Use LockContext.current().fencingToken(name).");
		}
		if (all.get(0).keys.isConditional()) {
			throw new InvalidDistributedLockException(where,
					"@FencingToken cannot have a value where the condition is false, as there is no lock then.",
					"Use LockContext.find(), which is empty there.");
		}
		return found.get(0);
	}

	private String name(String where, String text) {
		String name = resolve(where, "name", text);
		if (EXPRESSION.matcher(name).find()) {
			throw new InvalidDistributedLockException(where,
					"name = \"" + text
							+ "\" looks like an expression, but a name is plain text: all calls would share it.",
					"What differs from call to call is the key: key = \""
							+ (name.startsWith("#") ? name : variable(name)) + "\".");
		}
		return name;
	}

	private static String variable(String text) {
		Matcher variable = VARIABLE.matcher(text);
		return variable.find() ? variable.group() : "#id";
	}

	private static void checkName(String where, String name) {
		try {
			LockSpec.of(name);
		}
		catch (LockKeyException ex) {
			throw new InvalidDistributedLockException(where, ex.getMessage() + ".", "Give it another name.", ex);
		}
	}

	private String resolve(String where, String attribute, String text) {
		return this.placeholders.resolve(where, attribute, text);
	}

	/**
	 * One annotation.
	 *
	 * @param lock what it says
	 * @param name its name, if it has one
	 * @param named what the properties say of the name
	 * @param keys the names of its locks
	 * @param label what they are counted under
	 */
	private record Written(DistributedLock lock, String name, DistributedLockProperties.Named named, MethodKeys keys,
			String label) {

		/**
		 * What a property of the name is called.
		 */
		String property(String suffix) {
			return "coordination.lock.locks." + this.name + "." + suffix;
		}

	}

}
