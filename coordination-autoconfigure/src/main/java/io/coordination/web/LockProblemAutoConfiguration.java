package io.coordination.web;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.web.bind.annotation.ControllerAdvice;

/**
 * Auto-configuration of what web applications answer when a lock is busy or its store
 * cannot be asked, for Spring MVC and for WebFlux.
 */
@AutoConfiguration
@ConditionalOnClass(ControllerAdvice.class)
@Conditional(LockProblemAutoConfiguration.OnWeb.class)
@ConditionalOnBooleanProperty(name = "coordination.web.problem-details", matchIfMissing = true)
@EnableConfigurationProperties(WebProblemProperties.class)
public final class LockProblemAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	LockProblemAdvice coordinationLockProblemAdvice(WebProblemProperties properties) {
		return new LockProblemAdvice(properties);
	}

	/**
	 * Whether there is somebody who calls the advice.
	 */
	static final class OnWeb extends AnyNestedCondition {

		OnWeb() {
			super(ConfigurationPhase.REGISTER_BEAN);
		}

		@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
		@ConditionalOnClass(name = "org.springframework.web.servlet.DispatcherServlet")
		static final class OnMvc {

		}

		@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
		@ConditionalOnClass(name = "org.springframework.web.reactive.DispatcherHandler")
		static final class OnWebFlux {

		}

	}

}
