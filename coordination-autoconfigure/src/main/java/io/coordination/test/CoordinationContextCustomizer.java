package io.coordination.test;

import java.util.HashMap;
import java.util.Map;

import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.util.StringUtils;

/**
 * Sets what {@link AutoConfigureCoordination} says, above what the application
 * configures. Part of the key of a cached context, so tests that say something else have
 * another context.
 *
 * @param backend the name of the backend, or empty
 * @param namespace the namespace, or empty
 */
record CoordinationContextCustomizer(String backend, String namespace) implements ContextCustomizer {

	private static final String SOURCE = "coordinationTest";

	private static final String DEFAULT_NAMESPACE = "test";

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration mergedConfig) {
		ConfigurableEnvironment environment = context.getEnvironment();
		Map<String, Object> properties = new HashMap<>();
		if (!this.backend.isEmpty()) {
			properties.put("coordination.backend", this.backend);
		}
		if (!this.namespace.isEmpty()) {
			properties.put(TestNamespace.PROPERTY, this.namespace);
		}
		else if (!StringUtils.hasText(TestNamespace.find(environment))) {
			properties.put(TestNamespace.PROPERTY, DEFAULT_NAMESPACE);
		}
		environment.getPropertySources().addFirst(new MapPropertySource(SOURCE, properties));
	}

}
