package io.coordination.test;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/**
 * Finds {@link AutoConfigureCoordination} at a test class.
 */
final class CoordinationContextCustomizerFactory implements ContextCustomizerFactory {

	@Override
	public @Nullable ContextCustomizer createContextCustomizer(Class<?> testClass,
			List<ContextConfigurationAttributes> configAttributes) {
		AutoConfigureCoordination annotation = TestContextAnnotationUtils.findMergedAnnotation(testClass,
				AutoConfigureCoordination.class);
		return (annotation != null) ? new CoordinationContextCustomizer(annotation.backend(), annotation.namespace())
				: null;
	}

}
