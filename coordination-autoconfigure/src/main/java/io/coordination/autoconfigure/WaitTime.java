package io.coordination.autoconfigure;

import java.time.Duration;

import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.coordination.lock.LockSpec;

/**
 * The text of {@code coordination.lock.wait-time}: a duration, or the word for none.
 */
final class WaitTime {

	static final String PROPERTY = "coordination.lock.wait-time";

	private static final String UNBOUNDED = "unbounded";

	private static final String ACTION = "Set '" + PROPERTY + "' to a duration such as '500ms' or '3s', "
			+ "to '0' to ask once, or to '" + UNBOUNDED + "'.";

	private WaitTime() {
	}

	/**
	 * Reads the text.
	 * @throws FailureAnalyzedException if it is neither, or negative
	 */
	static Duration parse(String text) {
		if (text.equalsIgnoreCase(UNBOUNDED)) {
			return LockSpec.UNBOUNDED;
		}
		Duration wait;
		try {
			wait = DurationStyle.detectAndParse(text);
		}
		catch (IllegalArgumentException ex) {
			throw new FailureAnalyzedException("'" + PROPERTY + "' is no duration: '" + text + "'.", ACTION, ex);
		}
		if (wait.isNegative()) {
			throw new FailureAnalyzedException("'" + PROPERTY + "' must not be negative: '" + text + "'.", ACTION);
		}
		return wait;
	}

}
