package io.coordination.architecture;

import java.util.List;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Bean;

import io.coordination.test.AutoConfigureCoordination;
import io.coordination.test.LockTestAutoConfiguration;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the auto-configuration has in common.
 */
class AutoConfigurationRulesTests {

	@Test
	void autoConfigurationsArePublicAndFinal() {
		classes().that()
			.areAnnotatedWith(AutoConfiguration.class)
			.should()
			.bePublic()
			.andShould()
			.haveModifier(JavaModifier.FINAL)
			.andShould()
			.haveSimpleNameEndingWith("AutoConfiguration")
			.because("applications exclude them by name, and nobody extends them")
			.check(Code.ALL);
	}

	@Test
	void beanMethodsArePackagePrivate() {
		methods().that()
			.areAnnotatedWith(Bean.class)
			.should()
			.bePackagePrivate()
			.because("the bean is the promise, not the method that makes it")
			.check(Code.ALL);
	}

	@Test
	void everyBeanBacksOff() {
		methods().that()
			.areAnnotatedWith(Bean.class)
			.should()
			.beAnnotatedWith(ConditionalOnMissingBean.class)
			.because("an application that defines the bean itself knows better")
			.check(Code.ALL);
	}

	@Test
	void everyAutoConfigurationIsListed() {
		assertThat(candidates(AutoConfiguration.class)).filteredOn((name) -> name.startsWith(Code.ROOT))
			.as("what is not listed is never found, and what is listed but not there stops every application")
			.containsExactlyInAnyOrderElementsOf(Code.ALL.stream()
				.filter((type) -> type.isAnnotatedWith(AutoConfiguration.class))
				.map(JavaClass::getName)
				.filter((name) -> !name.equals(LockTestAutoConfiguration.class.getName()))
				.toList());
	}

	@Test
	void testsGetEveryAutoConfigurationAndTheirOwn() {
		assertThat(candidates(AutoConfigureCoordination.class))
			.as("a slice of an application has locks as the whole of it has them")
			.containsExactlyInAnyOrderElementsOf(Code.ALL.stream()
				.filter((type) -> type.isAnnotatedWith(AutoConfiguration.class))
				.map(JavaClass::getName)
				.toList());
	}

	private List<String> candidates(Class<?> annotation) {
		return ImportCandidates.load(annotation, getClass().getClassLoader()).getCandidates();
	}

	@Test
	void propertiesAreRecords() {
		classes().that()
			.areAnnotatedWith(ConfigurationProperties.class)
			.should()
			.beRecords()
			.because("what was configured does not change while the application runs")
			.check(Code.ALL);
	}

}
