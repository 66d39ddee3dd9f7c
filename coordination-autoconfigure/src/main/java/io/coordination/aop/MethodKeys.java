package io.coordination.aop;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.util.function.SingletonSupplier;

import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockSpec;

/**
 * The names of the locks of one annotation: found out once what they depend on, and for
 * each call what they are.
 * <p>
 * <b>Invariant.</b> Different names or keys never give the same lock. Name and key are
 * joined by the first colon that is not escaped, and in a name all colons are; a key
 * without a name stands behind a colon that nothing stands before. A method without
 * either is called by its identity, in which all colons are escaped, too. Safe for use by
 * many threads.
 */
final class MethodKeys {

	private final String where;

	/** Escaped, up to the colon; or empty, if there is a key alone. */
	private final String name;

	private final List<KeyText> keys;

	/** What finds the keys, for messages. */
	private final String written;

	private final boolean several;

	private final boolean usesRoot;

	private final @Nullable Supplier<LockKeyResolver> resolver;

	private final @Nullable LockCondition condition;

	private final @Nullable LockMessage message;

	private final int maxKeys;

	private MethodKeys(String where, DistributedLock lock, String name, List<KeyText> keys,
			@Nullable Supplier<LockKeyResolver> resolver, @Nullable LockCondition condition,
			@Nullable LockMessage message, int maxKeys) {
		this.where = where;
		this.name = name;
		this.keys = keys;
		this.several = lock.keys().length > 0;
		this.written = !lock.keyResolver().isEmpty() ? "keyResolver \"" + lock.keyResolver() + "\""
				: this.several ? "keys " + Arrays.toString(lock.keys()) : "key \"" + lock.key() + "\"";
		this.usesRoot = keys.stream().anyMatch(KeyText::usesRoot);
		this.resolver = resolver;
		this.condition = condition;
		this.message = message;
		this.maxKeys = maxKeys;
	}

	/**
	 * Reads an annotation.
	 * @param where class and method, for messages
	 * @param name the name, or an empty text
	 * @param identity what the lock is called without name and key
	 * @param declaring the method that carries the annotation
	 * @throws InvalidDistributedLockException if something is wrong with it
	 */
	static MethodKeys read(String where, DistributedLock lock, String name, String identity, Method declaring,
			BeanFactory beans, Placeholders placeholders, int maxKeys) {
		List<String> said = new ArrayList<>();
		said.addAll(lock.key().isEmpty() ? List.of() : List.of("key"));
		said.addAll((lock.keys().length > 0) ? List.of("keys") : List.of());
		said.addAll(lock.keyResolver().isEmpty() ? List.of() : List.of("keyResolver"));
		if (said.size() > 1) {
			throw new InvalidDistributedLockException(where, "it has " + String.join(" and ", said) + ".",
					"Keep one of them.");
		}
		KeyVariables variables = new KeyVariables(declaring);
		BeanFactoryResolver resolver = new BeanFactoryResolver(beans);
		List<KeyText> keys = new ArrayList<>();
		if (!lock.key().isEmpty()) {
			keys.add(KeyText.read(where, "key", placeholders.resolveWithin(where, "key", lock.key()), variables,
					resolver));
		}
		for (String key : lock.keys()) {
			keys.add(KeyText.read(where, "keys", placeholders.resolveWithin(where, "keys", key), variables, resolver));
		}
		LockCondition condition = lock.condition().isEmpty() ? null : new LockCondition(where,
				placeholders.resolveWithin(where, LockCondition.ATTRIBUTE, lock.condition()), variables, resolver);
		keys.forEach((key) -> key.checkBeans(beans));
		if (condition != null) {
			condition.checkBeans(beans);
		}
		LockMessage message = lock.message().isEmpty() ? null : new LockMessage(where,
				placeholders.resolveWithin(where, LockMessage.ATTRIBUTE, lock.message()), variables, resolver);
		String prefix = !name.isEmpty() ? LockedMethod.escaped(name)
				: said.isEmpty() ? LockedMethod.escaped(identity) : "";
		return new MethodKeys(where, lock, prefix, List.copyOf(keys),
				lock.keyResolver().isEmpty() ? null
						: resolver(where, placeholders.resolve(where, "keyResolver", lock.keyResolver()), beans),
				condition, message, maxKeys);
	}

	private static Supplier<LockKeyResolver> resolver(String where, String bean, BeanFactory beans) {
		if (!beans.containsBean(bean) || !beans.isTypeMatch(bean, LockKeyResolver.class)) {
			throw new InvalidDistributedLockException(where,
					"keyResolver = \"" + bean + "\" is no bean of type LockKeyResolver.",
					"Make it a bean, or correct its name.");
		}
		return SingletonSupplier.of(() -> beans.getBean(bean, LockKeyResolver.class));
	}

	/**
	 * Whether a call needs the locks.
	 * @throws LockKeyException if its condition is neither true nor false
	 */
	boolean applies(Object target, Method method, @Nullable Object[] arguments) {
		LockCondition condition = this.condition;
		return condition == null
				|| condition.holds(condition.usesRoot() ? new CallRoot(method, target, arguments) : null, arguments);
	}

	/**
	 * The names of the locks of a call, each once.
	 * @throws LockKeyException if one of them cannot be the name of a lock, if there is
	 * none, or if there are too many
	 */
	List<String> names(Object target, Method method, @Nullable Object[] arguments) {
		if (this.keys.isEmpty() && this.resolver == null) {
			return List.of(this.name);
		}
		CallRoot root = this.usesRoot ? new CallRoot(method, target, arguments) : null;
		if (!this.several && this.resolver == null) {
			return List.of(named(this.keys.get(0).single(root, arguments)));
		}
		Set<String> found = new LinkedHashSet<>();
		Supplier<LockKeyResolver> resolver = this.resolver;
		if (resolver != null) {
			KeyText.forEach(resolver.get().resolve(new LockInvocation(target, method, Arrays.asList(arguments))),
					(value) -> add(KeyValue.key(value, this::notFound), found));
		}
		this.keys.forEach((key) -> key.collect(root, arguments, (one) -> add(one, found)));
		if (found.isEmpty()) {
			throw new LockKeyException(
					"The keys of " + this.where + " are none: the call would run without a lock. Give "
							+ "it a 'condition' that is false where it needs none");
		}
		return found.stream().map(this::named).toList();
	}

	// At once, as what gives the keys need not have an end
	private void add(String key, Set<String> found) {
		found.add(key);
		if (found.size() > this.maxKeys) {
			throw new LockKeyException("The keys of " + this.where
					+ " are more than 'coordination.lock.max-keys' allows (" + this.maxKeys + ")");
		}
	}

	private LockKeyException notFound(String problem) {
		return new LockKeyException("The key that the keyResolver of " + this.where + " found " + problem, null);
	}

	private String named(String key) {
		String full = this.name + ":" + key;
		try {
			LockSpec.of(full);
			return full;
		}
		catch (LockKeyException ex) {
			throw new LockKeyException(
					"The " + this.written + " of " + this.where + " gives no lock name. " + ex.getMessage(), ex);
		}
	}

	boolean isConditional() {
		return this.condition != null;
	}

	/**
	 * The parameter that is the key by itself, without a name to tell it from others.
	 */
	boolean isBareKey() {
		return this.name.isEmpty() && this.keys.size() == 1 && this.keys.get(0).isBare();
	}

	/**
	 * What all calls have in common.
	 */
	String name() {
		return this.name;
	}

	boolean hasMessage() {
		return this.message != null;
	}

	/**
	 * Whether a lock has a name that an annotation gives.
	 * @param lock the name of the lock
	 * @param name what all locks of the annotation have in common
	 */
	static boolean belongs(String lock, String name) {
		return lock.startsWith(name) && (lock.length() == name.length() || lock.charAt(name.length()) == ':');
	}

	/**
	 * What people are told when the lock is busy.
	 * @param locks the names of the locks
	 * @param waited how long the call has waited
	 * @param fallback what is said where the annotation says nothing
	 */
	String message(Object target, Method method, @Nullable Object[] arguments, String locks, Duration waited,
			String fallback) {
		LockMessage message = this.message;
		return (message == null) ? fallback : message.text(new CallRoot(method, target, arguments), arguments,
				new LockMessage.Busy(locks, waited), fallback);
	}

}
