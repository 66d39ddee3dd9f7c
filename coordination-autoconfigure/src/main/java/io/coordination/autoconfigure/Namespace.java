package io.coordination.autoconfigure;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * What keeps the locks of this application apart from those of others in the same store.
 *
 * @param value the namespace
 * @param property the property it came from
 */
record Namespace(String value, String property) {

	static final String PROPERTY = "coordination.namespace";

	private static final String APPLICATION = "spring.application.name";

	private static final String NONE = "default";

	private static final Logger logger = LoggerFactory.getLogger(Namespace.class);

	/**
	 * Finds the namespace: the one that was configured, or the name of the application,
	 * or, said in the log, a constant.
	 */
	static Namespace find(@Nullable String configured, Environment environment) {
		if (configured != null) {
			return new Namespace(configured, PROPERTY);
		}
		String name = environment.getProperty(APPLICATION);
		if (StringUtils.hasText(name)) {
			return new Namespace(name, APPLICATION);
		}
		logger.info("Locks use the namespace '{}': set '{}' or '{}' to keep applications apart that share a store",
				NONE, APPLICATION, PROPERTY);
		return new Namespace(NONE, PROPERTY);
	}

}
