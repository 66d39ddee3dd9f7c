package io.coordination.backend;

import java.util.Objects;

/**
 * Who holds or wants a lock: {@code host/pid/instance#n}, readable for people who look
 * into the store. Minted by the engine before the first request of an acquisition and
 * never used for another one.
 *
 * @param value the readable text: no white space, no control characters, not empty
 */
public record OwnerId(String value) {

	/**
	 * Checks the text.
	 */
	public OwnerId {
		Objects.requireNonNull(value, "'value' must not be null");
		if (value.isEmpty() || value.chars().anyMatch((c) -> c <= ' ' || c == 0x7f)) {
			throw new IllegalArgumentException("'value' must not be empty and have no white space: '" + value + "'");
		}
	}

	@Override
	public String toString() {
		return this.value;
	}

}
