package io.coordination.test;

import org.jspecify.annotations.Nullable;

import org.springframework.core.env.Environment;

/**
 * The namespace that the application's registry has, found as the auto-configuration
 * finds it.
 */
final class TestNamespace {

	static final String PROPERTY = "coordination.namespace";

	private TestNamespace() {
	}

	/**
	 * The configured namespace, or else the name of the application, or {@code null}.
	 */
	static @Nullable String find(Environment environment) {
		String configured = environment.getProperty(PROPERTY);
		return (configured != null) ? configured : environment.getProperty("spring.application.name");
	}

}
