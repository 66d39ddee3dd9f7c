package io.coordination.aop;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

/**
 * What the annotations of one method mean, found out once. Immutable.
 *
 * @param where class and method, for messages
 * @param groups the locks, by the registry that gives them, in the order in which the
 * registries are asked
 * @param terms how they are acquired and held
 * @param busy what a call gives whose lock is busy
 * @param onLost what happens to a call whose lock is lost
 * @param release when the locks are released
 * @param returned what the method returns
 * @param interruptible whether the method declares {@link InterruptedException}
 * @param tokenParameter the position of the parameter that takes the fencing token, or -1
 * @param suspending whether it is a suspending function of Kotlin, which has ended when
 * its coroutine has
 */
record LockedMethod(String where, List<Group> groups, LockTerms terms, BusyPolicy busy, OnLost onLost,
		ReleasePolicy release, ReturnType returned, boolean interruptible, int tokenParameter, boolean suspending) {

	/**
	 * Whether the locks are held until what the method returned has ended.
	 */
	boolean outlastsCall() {
		return switch (this.returned.kind()) {
			case STAGE, FLOW -> this.release != ReleasePolicy.AFTER_INVOCATION;
			case REACTIVE -> this.suspending || this.release != ReleasePolicy.AFTER_INVOCATION;
			case VALUE, LATE -> false;
		};
	}

	/**
	 * Whether a call may return something whose work goes on, without its type saying so.
	 */
	boolean mayTurnOutLate() {
		return this.release != ReleasePolicy.AFTER_INVOCATION && this.returned.isOpaque();
	}

	/**
	 * Checks that the store can keep the leases.
	 * @throws InvalidDistributedLockException if it cannot
	 */
	void checkTerms() {
		LockSpec spec = this.terms.spec(List.of("any"));
		for (Group group : this.groups) {
			if (group.registry().get() instanceof ManagedLockRegistry managed) {
				try {
					managed.validate(spec);
				}
				catch (IllegalArgumentException ex) {
					throw new InvalidDistributedLockException(this.where, ex.getMessage() + ".",
							"Give it a longer leaseTime.", ex);
				}
			}
		}
	}

	/**
	 * The annotation whose message is told, if one has any.
	 */
	MethodKeys messages() {
		return this.groups.stream()
			.flatMap((group) -> group.keys().stream())
			.filter(MethodKeys::hasMessage)
			.findFirst()
			.orElseGet(() -> this.groups.get(0).keys().get(0));
	}

	static String escaped(String name) {
		return name.replace("\\", "\\\\").replace(":", "\\:");
	}

	static boolean declaresInterrupt(Class<?>[] exceptionTypes) {
		return Arrays.stream(exceptionTypes).anyMatch((type) -> type.isAssignableFrom(InterruptedException.class));
	}

	/**
	 * The locks that one registry gives.
	 *
	 * @param id the name of the registry's bean, or an empty text for the one that there
	 * is
	 * @param registry finds the registry
	 * @param keys the names of the locks of a call, one for each annotation
	 */
	record Group(String id, Supplier<LockRegistry> registry, List<MethodKeys> keys) {

	}

}
