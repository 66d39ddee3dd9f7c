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
	 * @param key what the expression of the key evaluates to
	 * @return the name of the lock
	 * @throws LockKeyException if the key is none that the annotation would take
	 */
	public static String of(String name, Object key) {
		Objects.requireNonNull(key, "'key' must not be null");
		return of(name) + ":" + KeyValue.key(key,
				(problem) -> new LockKeyException("The key of lock '" + name + "' " + problem, null));
	}

}
