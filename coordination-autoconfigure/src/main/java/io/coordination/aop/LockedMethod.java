package io.coordination.aop;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

/**
 * What the annotation of one method means, found out once. Immutable.
 *
 * @param where class and method, for messages
 * @param name what all calls have in common, escaped
 * @param key what differs from call to call, or {@code null} if nothing does
 * @param waitTime how long to wait, or {@code null} for the registry's default
 * @param leaseTime the lease, or {@code null} for the registry's default
 * @param skips whether a busy call is skipped
 * @param skipped what a skipped call returns
 * @param interruptible whether the method declares {@link InterruptedException}
 * @param opaque whether only a returned value tells whether it is late
 */
record LockedMethod(String where, String name, @Nullable KeyExpression key, @Nullable Duration waitTime,
		@Nullable Duration leaseTime, boolean skips, @Nullable Object skipped, boolean interruptible, boolean opaque) {

	/**
	 * What to lock for a call. Name and key are joined by the first colon that is not
	 * escaped, so that different pairs never give the same lock.
	 * @throws LockKeyException if the key of this call cannot be one
	 */
	LockSpec spec(@Nullable Object[] arguments) {
		KeyExpression expression = this.key;
		if (expression == null) {
			return spec(this.name);
		}
		String value = expression.evaluate(arguments);
		try {
			return spec(this.name + ":" + value);
		}
		catch (LockKeyException ex) {
			throw expression.invalid("gives no lock name. " + ex.getMessage(), ex);
		}
	}

	/**
	 * Checks that the store can keep the lease.
	 * @throws InvalidDistributedLockException if it cannot
	 */
	void checkLease(ManagedLockRegistry registry) {
		try {
			registry.validate(spec(this.name));
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidDistributedLockException(this.where, ex.getMessage() + ".", "Give it a longer leaseTime.",
					ex);
		}
	}

	private LockSpec spec(String identity) {
		return new LockSpec(List.of(identity), this.waitTime, this.leaseTime, null, null, false);
	}

	static String escaped(String name) {
		return name.replace("\\", "\\\\").replace(":", "\\:");
	}

	static boolean declaresInterrupt(Class<?>[] exceptionTypes) {
		return Arrays.stream(exceptionTypes).anyMatch((type) -> type.isAssignableFrom(InterruptedException.class));
	}

}
