package io.coordination.test;

import java.util.Arrays;
import java.util.List;

import org.assertj.core.api.AbstractAssert;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockState;

/**
 * Asserts what a {@link LockRegistry} holds. A lock that is lost is not held.
 */
public final class LockRegistryAssert extends AbstractAssert<LockRegistryAssert, LockRegistry> {

	LockRegistryAssert(LockRegistry actual) {
		super(actual, LockRegistryAssert.class);
	}

	/**
	 * Asserts that it holds locks, and perhaps others.
	 * @param names the full names of the locks
	 * @return these assertions
	 */
	public LockRegistryAssert holds(String... names) {
		List<String> held = held();
		List<String> missing = Arrays.stream(names).filter((name) -> !held.contains(name)).toList();
		if (!missing.isEmpty()) {
			failWithMessage("Expected the locks %s to be held, but %s are not. Held are: %s", Arrays.asList(names),
					missing, held);
		}
		return this;
	}

	/**
	 * Asserts that it does not hold a lock.
	 * @param name the full name of the lock
	 * @return these assertions
	 */
	public LockRegistryAssert doesNotHold(String name) {
		List<String> held = held();
		if (held.contains(name)) {
			failWithMessage("Expected the lock '%s' not to be held. Held are: %s", name, held);
		}
		return this;
	}

	/**
	 * Asserts that it holds no lock at all.
	 * @return these assertions
	 */
	public LockRegistryAssert holdsNothing() {
		List<String> held = held();
		if (!held.isEmpty()) {
			failWithMessage("Expected no lock to be held. Held are: %s", held);
		}
		return this;
	}

	private List<String> held() {
		isNotNull();
		return this.actual.held()
			.stream()
			.filter((lock) -> lock.state() != LockState.LOST)
			.map(HeldLock::name)
			.sorted()
			.toList();
	}

}
