package io.coordination.aop;

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
			logger.warn("{} {}", ex.getMessage(), ex.analysis().getAction());
		}
	}

	/**
	 * Warns of what may be meant so.
	 */
	void warn(String where, String finding) {
		if (this.mode.get() != DistributedLockProperties.Validation.OFF) {
			logger.warn("@DistributedLock on {}: {}", where, finding);
		}
	}

}
