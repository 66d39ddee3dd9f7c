package io.coordination.aop;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of what is found when the application starts, as
 * {@code coordination.lock.validation} says.
 */
final class Validation {

	private static final Logger logger = LoggerFactory.getLogger(DistributedLock.class);

	private final Supplier<DistributedLockProperties.Validation> mode;

	private final Set<String> said = ConcurrentHashMap.newKeySet();

	Validation(Supplier<DistributedLockProperties.Validation> mode) {
		this.mode = mode;
	}

	/**
	 * Runs a check.
	 * @throws InvalidDistributedLockException if it found something, and the application
	 * is not to start then
	 */
	void check(Runnable check) {
		DistributedLockProperties.Validation mode = this.mode.get();
		if (mode == DistributedLockProperties.Validation.OFF) {
			return;
		}
		try {
			check.run();
		}
		catch (InvalidDistributedLockException ex) {
			if (mode == DistributedLockProperties.Validation.FAIL) {
				throw ex;
			}
			// What several checks find is said once
			if (this.said.add(String.valueOf(ex.getMessage()))) {
				logger.warn("{} {}", ex.getMessage(), ex.analysis().getAction());
			}
		}
	}

	/**
	 * Warns of what may be meant so.
	 */
	void warn(String where, String finding) {
		warn("@DistributedLock on " + where + ": " + finding);
	}

	/**
	 * Warns of what may be meant so, and is about no method.
	 */
	void warn(String finding) {
		if (this.mode.get() != DistributedLockProperties.Validation.OFF) {
			logger.warn(finding);
		}
	}

}
