package io.coordination.web;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.reactive.DispatcherHandler;
import org.springframework.web.servlet.DispatcherServlet;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where the advice is, and where it is not.
 */
class LockProblemAutoConfigurationTests {

	private static final AutoConfigurations CONFIGURATION = AutoConfigurations.of(LockProblemAutoConfiguration.class);

	private final WebApplicationContextRunner servlet = new WebApplicationContextRunner()
		.withConfiguration(CONFIGURATION);

	private final ReactiveWebApplicationContextRunner reactive = new ReactiveWebApplicationContextRunner()
		.withConfiguration(CONFIGURATION);

	@Test
	void isThereForMvc() {
		this.servlet.run((context) -> assertThat(context).hasSingleBean(LockProblemAdvice.class));
		this.servlet.withClassLoader(new FilteredClassLoader(DispatcherHandler.class))
			.run((context) -> assertThat(context).hasSingleBean(LockProblemAdvice.class));
		this.servlet.withClassLoader(new FilteredClassLoader(DispatcherServlet.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LockProblemAdvice.class));
	}

	@Test
	void isThereForWebFlux() {
		this.reactive.run((context) -> assertThat(context).hasSingleBean(LockProblemAdvice.class));
		this.reactive.withClassLoader(new FilteredClassLoader(DispatcherServlet.class))
			.run((context) -> assertThat(context).hasSingleBean(LockProblemAdvice.class));
		this.reactive.withClassLoader(new FilteredClassLoader(DispatcherHandler.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LockProblemAdvice.class));
	}

	@Test
	void isNotThereWithoutAWebApplication() {
		new ApplicationContextRunner().withConfiguration(CONFIGURATION)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LockProblemAdvice.class));
		this.servlet.withClassLoader(new FilteredClassLoader(ControllerAdvice.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LockProblemAdvice.class));
	}

	@Test
	void isTurnedOffByAProperty() {
		this.servlet.withPropertyValues("coordination.web.problem-details=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LockProblemAdvice.class));
	}

	@ParameterizedTest
	@CsvSource({ "busy-status, 200", "busy-status, 399", "backend-status, 600", "backend-status, 0" })
	void refusesWhatIsNoStatusOfAnError(String property, int status) {
		this.servlet.withPropertyValues("coordination.web." + property + "=" + status)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessage("'coordination.web." + property + "' must be the HTTP status of an error, from 400 to 599: "
						+ status));
	}

}
