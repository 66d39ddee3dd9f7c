package io.coordination.aop;

import java.time.Duration;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of the annotation.
 *
 * @param onBusy What happens to a call whose lock is busy.
 * @param onLost What happens to a call whose lock is lost.
 * @param maxKeys Number of locks that one call may ask for.
 * @param validation What happens when an annotation is found that cannot work.
 * @param transaction Locks and transactions.
 * @param locks What holds for the locks of one name, whatever their annotations say.
 */
@ConfigurationProperties("coordination.lock")
public record DistributedLockProperties(@DefaultValue("throw") OnBusy onBusy, @DefaultValue("fail") OnLost onLost,
		@DefaultValue("100") int maxKeys, @DefaultValue("fail") Validation validation,
		@DefaultValue Transaction transaction, @DefaultValue Map<String, Named> locks) {

	/**
	 * Checks that a call may ask for a lock.
	 */
	public DistributedLockProperties {
		if (maxKeys < 1) {
			throw new IllegalArgumentException("'coordination.lock.max-keys' must be at least 1: " + maxKeys);
		}
	}

	/**
	 * What happens when an annotation is found that cannot work.
	 */
	public enum Validation {

		/**
		 * The application does not start; what may be meant so is logged as a warning.
		 */
		FAIL,

		/** It is logged as a warning. */
		WARN,

		/** Nothing is looked for. */
		OFF

	}

	/**
	 * Locks and transactions.
	 *
	 * @param onActive What happens when a lock is acquired inside of a transaction, which
	 * may have read before.
	 * @param verifyBeforeCommit Whether a transaction is rolled back when a lock of the
	 * call was lost.
	 */
	public record Transaction(@DefaultValue("warn") OnActive onActive,
			@DefaultValue("true") boolean verifyBeforeCommit) {

	}

	/**
	 * What happens when a lock is acquired inside of a transaction.
	 */
	public enum OnActive {

		/** It is held until the transaction has ended. */
		ALLOW,

		/**
		 * It is held until the transaction has ended, and each method is warned of once.
		 */
		WARN,

		/** The call fails. */
		FAIL

	}

	/**
	 * What holds for the locks of one name.
	 *
	 * @param registry Name of the registry's bean.
	 * @param waitTime How long to wait, or 'unbounded'.
	 * @param leaseTime Time after which an unrenewed lock is free for others.
	 * @param renewal Whether the lease is renewed while the method runs.
	 * @param maxHoldTime How long a lock may be held.
	 * @param minHoldTime How long a lock stays taken at least.
	 * @param onBusy What happens to a call whose lock is busy.
	 * @param onLost What happens to a call whose lock is lost.
	 */
	public record Named(@Nullable String registry, @Nullable String waitTime, @Nullable Duration leaseTime,
			@Nullable Boolean renewal, @Nullable Duration maxHoldTime, @Nullable Duration minHoldTime,
			@Nullable OnBusy onBusy, @Nullable OnLost onLost) {

	}

}
