package io.coordination.aop;

import java.time.Duration;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

import io.coordination.lock.LockSpec;

/**
 * The durations of a {@link DistributedLock} as people write them.
 */
final class LockTime {

	private static final String FORMS = "Use a number with a unit such as '500ms' or '2s', ISO-8601 such as 'PT1M', or a "
			+ "${…} placeholder for one";

	private final String where;

	LockTime(String where) {
		this.where = where;
	}

	Duration wait(String attribute, String value) {
		if (value.equalsIgnoreCase("unbounded")) {
			return LockSpec.UNBOUNDED;
		}
		String action = FORMS + "; '0' asks once, 'unbounded' waits for ever.";
		Duration wait = parse(attribute, value, action);
		if (wait.isNegative()) {
			throw invalid(attribute, value, "is negative", action, null);
		}
		return wait;
	}

	/**
	 * Reads a time that a lock is held.
	 */
	Function<String, Duration> hold(String attribute) {
		return (value) -> {
			Duration hold = parse(attribute, value, FORMS + ", more than zero.");
			if (hold.isNegative() || hold.isZero()) {
				throw invalid(attribute, value, "is not positive", FORMS + ", more than zero.", null);
			}
			return hold;
		};
	}

	Function<String, Duration> lease(String attribute) {
		return this::leaseTime;
	}

	private Duration leaseTime(String value) {
		String action = FORMS + ", more than zero and at most " + LockSpec.MAX_LEASE.toHours() + "h.";
		Duration lease = parse("leaseTime", value, action);
		if (lease.isNegative() || lease.isZero()) {
			throw invalid("leaseTime", value, "is not positive", action, null);
		}
		if (lease.compareTo(LockSpec.MAX_LEASE) > 0) {
			throw invalid("leaseTime", value, "is too long", action, null);
		}
		return lease;
	}

	private Duration parse(String attribute, String value, String action) {
		if (value.equals("0")) {
			return Duration.ZERO;
		}
		if (value.matches("[+-]?[0-9]+")) {
			throw invalid(attribute, value, "has no unit", action, null);
		}
		try {
			return DurationFormatterUtils.detectAndParse(value);
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			throw invalid(attribute, value, "is no duration", action, ex);
		}
	}

	private InvalidDistributedLockException invalid(String attribute, String value, String problem, String action,
			@Nullable Throwable cause) {
		String what = attribute + " = \"" + value + "\" " + problem + ".";
		return (cause != null) ? new InvalidDistributedLockException(this.where, what, action, cause)
				: new InvalidDistributedLockException(this.where, what, action);
	}

}
