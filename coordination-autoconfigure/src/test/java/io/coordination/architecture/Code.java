package io.coordination.architecture;

import java.util.Set;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import io.coordination.backend.LockBackendFactory;

/**
 * The main code as ArchUnit sees it.
 */
final class Code {

	static final String ROOT = "io.coordination";

	static final JavaClasses ALL = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages(ROOT);

	/** The packages that every other may use. */
	static final String[] EVERYWHERE = { "java..", "org.jspecify.annotations", "org.slf4j" };

	/** Packages with a rule of their own in the table of the design. */
	private static final Set<String> FIXED = Set.of(ROOT + ".lock", ROOT + ".lock.event", ROOT + ".backend",
			ROOT + ".aop", ROOT + ".resilience", ROOT + ".autoconfigure", ROOT + ".test");

	private Code() {
	}

	/**
	 * The packages of the stores: those that make backends.
	 */
	static Set<String> backends() {
		return ALL.stream()
			.filter((type) -> type.isAssignableTo(LockBackendFactory.class)
					&& !type.getModifiers().contains(JavaModifier.ABSTRACT))
			.map(JavaClass::getPackageName)
			.filter((name) -> !FIXED.contains(name))
			.collect(Collectors.toUnmodifiableSet());
	}

	/**
	 * The packages that make one optional library and the locks meet.
	 */
	static Set<String> adapters() {
		Set<String> backends = backends();
		return ALL.stream()
			.map(JavaClass::getPackageName)
			.filter((name) -> !FIXED.contains(name) && !backends.contains(name))
			.collect(Collectors.toUnmodifiableSet());
	}

}
