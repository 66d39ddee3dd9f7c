package io.coordination.prevented;

import java.util.Objects;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Autowired;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockRegistry;

/**
 * A service that says which locks are held while it is at work.
 */
abstract class Witness {

	@Autowired
	private @Nullable LockRegistry registry;

	/**
	 * The names of the locks that are held now.
	 */
	final String held() {
		return Objects.requireNonNull(this.registry)
			.held()
			.stream()
			.map(HeldLock::name)
			.sorted()
			.collect(Collectors.joining(", "));
	}

}
