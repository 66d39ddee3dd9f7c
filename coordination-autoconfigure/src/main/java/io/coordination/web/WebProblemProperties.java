package io.coordination.web;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of what a web application answers when a lock cannot be had.
 *
 * @param problemDetails Whether a busy lock, or a store that cannot be asked, is answered
 * with a problem detail.
 * @param busyStatus Status of the answer when a lock is busy, from 400 to 599.
 * @param backendStatus Status of the answer when the store cannot be asked, from 400 to
 * 599.
 */
@ConfigurationProperties("coordination.web")
public record WebProblemProperties(@DefaultValue("true") boolean problemDetails, @DefaultValue("409") int busyStatus,
		@DefaultValue("503") int backendStatus) {

	/**
	 * Checks that the two are statuses of errors.
	 */
	public WebProblemProperties {
		requireError("busy-status", busyStatus);
		requireError("backend-status", backendStatus);
	}

	private static void requireError(String property, int status) {
		if (status < 400 || status > 599) {
			throw new IllegalArgumentException("'coordination.web." + property
					+ "' must be the HTTP status of an error, from 400 to 599: " + status);
		}
	}

}
