package io.coordination.aop;

import java.util.Objects;

import io.coordination.lock.LockKeyException;

/**
 * The names of the locks that {@link DistributedLock} takes, for code that wants the same
 * locks without the annotation.
 *
 * <pre class="code">
 * locks.execute(LockSpec.of(LockName.of("stock", skuId)), (lock) -&gt; …);
 * </pre>
 */
public final class LockName {

	private LockName() {
	}

	/**
	 * The lock of a method without a key.
	 * @param name the name in the annotation, its placeholders resolved
	 * @return the name of the lock
	 */
	public static String of(String name) {
		return LockedMethod.escaped(Objects.requireNonNull(name, "'name' must not be null"));
	}

	/**
	 * The lock of a method with a key.
	 * @param name the name in the annotation, its placeholders resolved
	 * @param key what the expression of the key evaluates to: a text, a number, an enum
	 * constant or what else is written by its {@code toString()}. A {@code Date} or a
	 * {@code Calendar} is given as its {@code toInstant()}
	 * @return the name of the lock
	 * @throws LockKeyException if the key is blank
	 */
	public static String of(String name, Object key) {
		Objects.requireNonNull(key, "'key' must not be null");
		String text = (key instanceof Enum<?> constant) ? constant.name() : key.toString();
		if (text.isBlank()) {
			throw new LockKeyException("The key of lock '" + name + "' must not be blank");
		}
		return of(name) + ":" + text;
	}

}
