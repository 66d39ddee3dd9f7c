package io.coordination.aop;

import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.util.StringUtils;

/**
 * The <code>${…}</code> placeholders in what annotations say.
 */
final class Placeholders {

	private final ConfigurableBeanFactory beanFactory;

	Placeholders(ConfigurableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	/**
	 * A value, its placeholders resolved.
	 * @param where class and method, for messages
	 * @param attribute the attribute that it is in
	 * @return the value without blanks around it
	 * @throws InvalidDistributedLockException if a placeholder has no value, or if
	 * nothing is left
	 */
	String resolve(String where, String attribute, String text) {
		return resolveWithin(where, attribute, text).trim();
	}

	/**
	 * An expression or a template, its placeholders resolved before it is parsed.
	 * @param where class and method, for messages
	 * @param attribute the attribute that it is in
	 * @throws InvalidDistributedLockException if a placeholder has no value, or if
	 * nothing is left
	 */
	String resolveWithin(String where, String attribute, String text) {
		String resolved = text;
		if (text.contains("${")) {
			if (!this.beanFactory.hasEmbeddedValueResolver()) {
				throw new InvalidDistributedLockException(where,
						attribute + " = \"" + text + "\" has a placeholder, but nothing resolves placeholders.",
						"Declare a PropertySourcesPlaceholderConfigurer, as Spring Boot does.");
			}
			try {
				resolved = this.beanFactory.resolveEmbeddedValue(text);
			}
			catch (IllegalArgumentException ex) {
				throw new InvalidDistributedLockException(where,
						attribute + " = \"" + text + "\" has a placeholder without a value: " + ex.getMessage() + ".",
						"Set the property, or give a default as in ${some.property:default}.", ex);
			}
		}
		if (!StringUtils.hasText(resolved)) {
			throw new InvalidDistributedLockException(where, attribute + " = \"" + text + "\" is blank.",
					"Give it a value, or leave it out.");
		}
		return resolved;
	}

}
