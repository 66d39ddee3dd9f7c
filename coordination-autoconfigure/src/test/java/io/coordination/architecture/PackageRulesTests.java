package io.coordination.architecture;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which package may import which.
 */
class PackageRulesTests {

	private static final String[] SPRING = { "org.springframework..", "org.aopalliance.." };

	@Test
	void theEngineKnowsNoStoreAndNoFramework() {
		only("io.coordination.lock", "io.coordination.lock", "io.coordination.lock.event", "io.coordination.backend",
				"io.micrometer.observation..")
			.because("locks must work, and be testable, without Spring and without any client library")
			.check(Code.ALL);
	}

	@Test
	void eventsKnowOnlyTheJdk() {
		classes().that()
			.resideInAPackage("io.coordination.lock.event")
			.should()
			.onlyDependOnClassesThat()
			.resideInAnyPackage("java..", "org.jspecify.annotations", "io.coordination.lock.event")
			.because("listeners of any kind get them, so they must carry nothing along")
			.check(Code.ALL);
	}

	@Test
	void theInterfaceToStoresKnowsOnlyTheJdk() {
		classes().that()
			.resideInAPackage("io.coordination.backend")
			.should()
			.onlyDependOnClassesThat()
			.resideInAnyPackage("java..", "org.jspecify.annotations", "io.coordination.backend")
			.because("backends also live in repositories of their own, on other versions of everything else")
			.check(Code.ALL);
	}

	@Test
	void theAnnotationStandsOnThePublicApi() {
		only("io.coordination.aop",
				with(SPRING, "io.coordination.aop", "io.coordination.lock..", "reactor..", "org.reactivestreams",
						"kotlin..", "kotlinx.coroutines.."))
			.because("what the annotation does, an application must be able to do by hand, and without a certain store")
			.check(Code.ALL);
	}

	@Test
	void reactorIsKnownToReactiveClassesAlone() {
		noClasses().that()
			.resideInAPackage("io.coordination.aop")
			.and()
			.haveNameNotMatching(".*\\.(Reactive\\w+|NonBlockingThreads|SuspendingFunctions|FlowCalls)(\\$.*)?")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("reactor..", "org.reactivestreams")
			.because("applications without Reactor load all the others")
			.check(Code.ALL);
	}

	@Test
	void kotlinIsKnownToItsOwnClassesAlone() {
		noClasses().that()
			.resideInAPackage("io.coordination..")
			.and()
			.haveNameNotMatching(".*\\.aop\\.(SuspendingFunctions|CoroutineWork|FlowCalls)(\\$.*)?")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("kotlin..", "kotlinx..")
			.because("applications without Kotlin load all the others")
			.check(Code.ALL);
	}

	@Test
	void resilienceDecoratesTheInterfaceToStores() {
		only("io.coordination.resilience",
				with(SPRING, "io.coordination.resilience", "io.coordination.backend", "io.github.resilience4j.."))
			.because("a guard that knew the engine or a store could not be put around every one of them")
			.check(Code.ALL);
	}

	@Test
	void testSupportDecoratesTheInterfaceToStores() {
		only("io.coordination.test",
				with(SPRING, "io.coordination.test", "io.coordination.aop", "io.coordination.lock",
						"io.coordination.backend", "org.assertj.."))
			.because("tests of applications run on every store, also on one that we do not know")
			.check(Code.ALL);
	}

	@Test
	void nobodyKnowsTheTestSupport() {
		noClasses().that()
			.resideOutsideOfPackage("io.coordination.test")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("io.coordination.test")
			.because("nothing of it is loaded where applications run")
			.check(Code.ALL);
	}

	@ParameterizedTest
	@MethodSource("io.coordination.architecture.Code#backends")
	void aBackendKnowsOnlyTheInterfaceToStores(String backend) {
		noClasses().that()
			.resideInAPackage(backend)
			// Stands above the engine, as an application does: it is given a handle
			.and()
			.doNotHaveFullyQualifiedName("io.coordination.zookeeper.FencedZooKeeper")
			.should()
			.dependOnClassesThat(JavaClass.Predicates.resideInAPackage("io.coordination..")
				.and(JavaClass.Predicates.resideOutsideOfPackages(backend + "..", "io.coordination.backend")))
			.because("the engine is written once: a backend that reached into it would write waiting again")
			.check(Code.ALL);
	}

	@ParameterizedTest
	@MethodSource("io.coordination.architecture.Code#backends")
	void nobodyKnowsABackend(String backend) {
		noClasses().that()
			.resideOutsideOfPackage(backend + "..")
			.should()
			.dependOnClassesThat()
			.resideInAPackage(backend + "..")
			.because("removing a backend must touch its folder and its line of the imports alone")
			.check(Code.ALL);
	}

	@Test
	void thereAreBackends() {
		assertThat(Code.backends()).isNotEmpty();
	}

	@Test
	void anAdapterStandsOnThePublicApi() {
		Set<String> adapters = Code.adapters();
		noClasses().that()
			.resideInAnyPackage(adapters.toArray(String[]::new))
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("io.coordination.backend", "io.coordination.autoconfigure",
					"io.coordination.resilience")
			.because("what an adapter can do, somebody else must be able to do for a library we do not know")
			.allowEmptyShould(true)
			.check(Code.ALL);
	}

	@Test
	void nobodyKnowsTheAutoConfiguration() {
		noClasses().that()
			.resideOutsideOfPackage("io.coordination.autoconfigure")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("io.coordination.autoconfigure")
			.because("it stands on top: an auto-configuration that has to come before it names it as text")
			.check(Code.ALL);
	}

	@Test
	void packagesHaveNoCycles() {
		slices().matching("io.coordination.(**)")
			.should()
			.beFreeOfCycles()
			.because("a cycle is one package in several folders")
			.check(Code.ALL);
	}

	@Test
	void eachOptionalLibraryIsUsedByOnePackage() {
		Map<String, Set<String>> users = new TreeMap<>();
		for (JavaClass type : Code.ALL) {
			for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
				String library = library(dependency.getTargetClass().getBaseComponentType());
				if (library != null) {
					users.computeIfAbsent(library, (key) -> new TreeSet<>()).add(type.getPackageName());
				}
			}
		}
		assertThat(users).containsKey("io.github.resilience4j");
		assertThat(users)
			.as("a library that only some users have must be missed by nothing but the package made for it")
			.allSatisfy((library, packages) -> assertThat(packages).hasSize(1));
	}

	private static String library(JavaClass type) {
		String name = type.getPackageName();
		if (type.isPrimitive() || Stream.of("java.", Code.ROOT + ".", "org.jspecify.", "org.slf4j", "org.aopalliance.")
			.anyMatch((name + ".")::startsWith)) {
			return null;
		}
		if (name.startsWith("org.springframework.")) {
			// These come with Spring Boot itself
			return Stream.of("aop", "aot", "beans", "boot", "context", "core", "expression", "format", "lang", "util")
				.anyMatch((part) -> (name + ".").startsWith("org.springframework." + part + ".")) ? null
						: firstParts(name, 3);
		}
		return firstParts(name, name.startsWith("io.github.") ? 3 : 2);
	}

	private static String firstParts(String name, int count) {
		return Arrays.stream(name.split("\\.")).limit(count).collect(Collectors.joining("."));
	}

	private static ArchRule only(String origin, String... targets) {
		return classes().that()
			.resideInAPackage(origin)
			.should()
			.onlyDependOnClassesThat()
			.resideInAnyPackage(with(Code.EVERYWHERE, targets));
	}

	private static String[] with(String[] some, String... others) {
		return Stream.concat(Stream.of(some), Stream.of(others)).toArray(String[]::new);
	}

}
