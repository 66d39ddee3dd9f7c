package io.coordination.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the page on ahead-of-time processing says of properties that are read when the
 * application is built: those that conditions look at.
 */
class FrozenPropertiesTests {

	private static final Path PAGE = Path.of(System.getProperty("basedir", ""), "..", "docs", "native.md");

	@Test
	void thePageNamesAllPropertiesThatABuildFreezes() throws IOException {
		Set<String> frozen = new TreeSet<>();
		for (String name : ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader())) {
			if (name.startsWith("io.coordination.")) {
				withInnerClasses(ClassUtils.resolveClassName(name, null)).forEach((type) -> collect(type, frozen));
			}
		}
		assertThat(frozen).contains("coordination.backend", "coordination.resilience.enabled");
		assertThat(Files.readString(PAGE)).contains(frozen);
	}

	private static Stream<Class<?>> withInnerClasses(Class<?> type) {
		return Stream.concat(Stream.of(type),
				Arrays.stream(type.getDeclaredClasses()).flatMap(FrozenPropertiesTests::withInnerClasses));
	}

	private static void collect(Class<?> type, Set<String> into) {
		MergedAnnotations annotations = MergedAnnotations.from(type);
		Stream
			.concat(annotations.stream(ConditionalOnProperty.class),
					annotations.stream(ConditionalOnBooleanProperty.class))
			.flatMap(FrozenPropertiesTests::names)
			.forEach(into::add);
	}

	private static Stream<String> names(MergedAnnotation<?> condition) {
		return Stream.of("name", "value")
			.flatMap((attribute) -> Arrays.stream(condition.getStringArray(attribute)))
			.map((name) -> condition.getString("prefix").isEmpty() ? name : condition.getString("prefix") + "." + name);
	}

}
