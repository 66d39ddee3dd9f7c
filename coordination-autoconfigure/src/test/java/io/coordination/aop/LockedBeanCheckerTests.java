package io.coordination.aop;

import java.util.function.Supplier;

import jakarta.annotation.PostConstruct;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.aspectj.lang.annotation.Aspect;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.context.support.SimpleThreadScope;

import io.coordination.aop.UninterceptedBeans.FinalClass;
import io.coordination.aop.UninterceptedBeans.FinalMethod;
import io.coordination.aop.UninterceptedBeans.Heir;
import io.coordination.aop.UninterceptedBeans.HiddenMethod;
import io.coordination.aop.UninterceptedBeans.Inherited;
import io.coordination.aop.UninterceptedBeans.Initialized;
import io.coordination.aop.UninterceptedBeans.PrivateMethod;
import io.coordination.aop.UninterceptedBeans.StaticMethod;
import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.LockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link LockedBeanChecker}.
 */
class LockedBeanCheckerTests {

	private static final String RUNS_UNLOCKED = ", so no proxy can intercept it and it would run without the lock.";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, DistributedLockAutoConfiguration.class,
				CoordinationAutoConfiguration.class, MemoryLockAutoConfiguration.class))
		.withPropertyValues("coordination.backend=memory");

	@Test
	void refusesMethodsThatCannotBeIntercepted() {
		refuses(new PrivateMethod(), "PrivateMethod.locked(): the method is private" + RUNS_UNLOCKED,
				"Make it a method that can be overridden, and call it from another bean.");
		refuses(new FinalMethod(), "FinalMethod.locked(): the method is final" + RUNS_UNLOCKED,
				"Make it a method that can be overridden, and call it from another bean.");
		refuses(new StaticMethod(), "StaticMethod.locked(): the method is static" + RUNS_UNLOCKED,
				"Make it a method that can be overridden, and call it from another bean.");
		refuses(new FinalClass(),
				"FinalClass.locked(): the class is final, so no proxy can be made of it and the method would run "
						+ "without the lock.",
				"Remove 'final' from the class (in Kotlin, add 'open' or the Spring compiler plug-in kotlin-spring).");
		refuses(new Inherited(), "Inherited.locked(): the method is final" + RUNS_UNLOCKED,
				"Make it a method that can be overridden, and call it from another bean.");
	}

	@Test
	void refusesAMethodThatTheBeansClassCannotOverride() {
		refuses(new Heir(),
				"Heir.locked(): the method is visible in package io.coordination.aop.elsewhere only, "
						+ "so no proxy of this class can intercept it and it would run without the lock.",
				"Make it protected or public.");
	}

	@Test
	void refusesAMethodThatIsCalledBeforeThereIsAProxy() {
		refuses(new Initialized(),
				"Initialized.locked(): @PostConstruct has the method called before there is a "
						+ "proxy, so it would run without the lock.",
				"Call it from another bean, for example from an ApplicationRunner.");
	}

	@Test
	void refusesALeaseThatTheStoreCannotKeep() {
		refuses(new ShortLease(),
				"@DistributedLock on " + ShortLease.class.getName()
						+ ".locked(): 'leaseTime' must be at least 50ms with memory, but is 10ms.",
				"Give it a longer leaseTime.");
	}

	@Test
	void readsBeansThatDoNotExistYet() {
		refuses(this.runner.withBean("bad", FinalMethod.class, FinalMethod::new, (definition) -> {
			definition.setLazyInit(true);
		}), "FinalMethod.locked(): the method is final" + RUNS_UNLOCKED);
		refuses(this.runner.withBean("bad", FinalMethod.class, FinalMethod::new, (definition) -> {
			definition.setScope(BeanDefinition.SCOPE_PROTOTYPE);
		}), "FinalMethod.locked(): the method is final" + RUNS_UNLOCKED);
		refuses(this.runner.withPropertyValues("spring.main.lazy-initialization=true")
			.withBean(FinalMethod.class, FinalMethod::new),
				"FinalMethod.locked(): the method is final" + RUNS_UNLOCKED);
	}

	@Test
	void refusesABeanThatWasMadeTooEarly() {
		FailureAnalysis analysis = refuses(this.runner.withUserConfiguration(TooEarly.class),
				"Good.locked(): bean 'good' is not proxied, so the method would run without the lock.");
		assertThat(analysis.getAction()).isEqualTo("It was probably created too early, as a dependency of a "
				+ "BeanPostProcessor or BeanFactoryPostProcessor, or registered by hand. Inject it there as "
				+ "ObjectProvider or @Lazy, and make the @Bean methods of post-processors static.");
	}

	@Test
	void refusesAFactoryThatWasMadeTooEarly() {
		refuses(this.runner.withUserConfiguration(TooEarlyFactory.class),
				"LockedFactory.locked(): bean '&made' is not proxied, so the method would run without the lock.");
	}

	@Test
	void refusesABeanThatWasRegisteredByHand() {
		refuses(this.runner
			.withInitializer((context) -> context.getBeanFactory().registerSingleton("good", new Good())),
				"Good.locked(): bean 'good' is not proxied, so the method would run without the lock.");
	}

	@Test
	void refusesABeanThatMakesProxies() {
		FailureAnalysis analysis = refuses(this.runner.withBean("advice", LockedAdvice.class, LockedAdvice::new),
				"LockedAdvice.locked(): bean 'advice' is not proxied, so the method would run without the lock.");
		String action = "Proxies are made by beans of this kind, not of them. Move the method to a bean of its own.";
		assertThat(analysis.getAction()).isEqualTo(action);
		analysis = refuses(this.runner.withBean("aspect", LockedAspect.class, LockedAspect::new),
				"LockedAspect.locked(): bean 'aspect' is not proxied, so the method would run without the lock.");
		assertThat(analysis.getAction()).isEqualTo(action);
	}

	@Test
	void refusesAMethodThatTheProxyDoesNotHave() {
		FailureAnalysis analysis = refuses(
				this.runner.withPropertyValues("spring.aop.proxy-target-class=false")
					.withBean("hidden", HiddenMethod.class, HiddenMethod::new),
				"HiddenMethod.locked(): bean 'hidden' is proxied by its interfaces, and none of them has the method. "
						+ "Whoever calls it does so without the lock.");
		assertThat(analysis.getAction())
			.isEqualTo("Add the method to an interface of the class, or set spring.aop.proxy-target-class=true.");
		this.runner.withBean("hidden", HiddenMethod.class, HiddenMethod::new)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void refusesToBeWithoutARegistry() {
		ApplicationContextRunner without = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DistributedLockAutoConfiguration.class));
		without.run((context) -> assertThat(context).hasNotFailed());
		FailureAnalysis analysis = refuses(without.withBean(Good.class, Good::new),
				"@DistributedLock on methods of this application: there is no bean of type LockRegistry.");
		assertThat(analysis.getAction()).isEqualTo("Add a backend, or remove what excludes its auto-configuration.");
		refuses(this.runner.withUserConfiguration(TwoRegistries.class).withBean(Good.class, Good::new),
				"@DistributedLock on methods of this application: there are 2 beans of type LockRegistry.");
	}

	@Test
	void acceptsWhatFactoriesMake() {
		this.runner.withBean("made", GoodFactory.class, GoodFactory::new).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(Good.class).locked()).isEqualTo("done");
			assertThat(new AdvisorChain(context.getBean(Good.class)).hasLock()).isTrue();
		});
	}

	@Test
	void acceptsThatThereIsNoBean() {
		this.runner.withUserConfiguration(Missing.class).run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void acceptsScopedBeans() {
		this.runner.withUserConfiguration(Scoped.class).run((context) -> {
			assertThat(context).hasNotFailed();
			Object target = context.getBean(ScopedProxyUtils.getTargetBeanName("scoped"));
			assertThat(new AdvisorChain(target).hasLock()).isTrue();
			assertThat(context.getBean("scoped", Good.class).locked()).isEqualTo("done");
		});
	}

	private void refuses(Object bean, String problem, String action) {
		@SuppressWarnings("unchecked")
		Class<Object> type = (Class<Object>) bean.getClass();
		FailureAnalysis analysis = refuses(this.runner.withBean(type, (Supplier<Object>) () -> bean), problem);
		assertThat(analysis.getAction()).isEqualTo(action);
	}

	private static FailureAnalysis refuses(ApplicationContextRunner runner, String problem) {
		FailureAnalysis[] analysis = new FailureAnalysis[1];
		runner.run((context) -> {
			assertThat(context).hasFailed();
			for (Throwable ex = context.getStartupFailure(); ex != null; ex = ex.getCause()) {
				if (ex instanceof FailureAnalyzedException analyzed) {
					analysis[0] = analyzed.analysis();
				}
			}
			assertThat(analysis[0]).as("failure analysis of %s", context.getStartupFailure()).isNotNull();
			String description = analysis[0].getDescription();
			assertThat(problem.startsWith("@") ? description
					: description.replace(LockedBeanCheckerTests.class.getName() + "$", "")
						.replace(UninterceptedBeans.class.getName() + "$", ""))
				.isEqualTo(problem.startsWith("@") ? problem : "@DistributedLock on " + problem);
		});
		return analysis[0];
	}

	static class Good {

		@DistributedLock
		String locked() {
			return "done";
		}

	}

	static class ShortLease {

		@DistributedLock(leaseTime = "10ms")
		void locked() {
		}

	}

	static class LockedAdvice implements MethodInterceptor {

		@Override
		public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
			return invocation.proceed();
		}

		@DistributedLock
		public void locked() {
		}

	}

	@Aspect
	static class LockedAspect {

		@DistributedLock
		public void locked() {
		}

	}

	static class GoodFactory implements FactoryBean<Good> {

		@Override
		public Good getObject() {
			return new Good();
		}

		@Override
		public Class<?> getObjectType() {
			return Good.class;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TooEarly {

		@Bean
		Good good() {
			return new Good();
		}

		@Bean
		static BeanFactoryPostProcessor hungry(Good good) {
			return (beanFactory) -> assertThat(good).isNotNull();
		}

	}

	static class LockedFactory extends GoodFactory {

		@DistributedLock
		public void locked() {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TooEarlyFactory {

		@Bean
		static LockedFactory made() {
			return new LockedFactory();
		}

		@Bean
		static BeanFactoryPostProcessor hungry(LockedFactory factory) {
			return (beanFactory) -> assertThat(factory).isNotNull();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Missing {

		@Bean
		@Nullable Good missing() {
			return null;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Scoped {

		@Bean
		static BeanFactoryPostProcessor threadScope() {
			return (beanFactory) -> beanFactory.registerScope("thread", new SimpleThreadScope());
		}

		@Bean
		@Scope(scopeName = "thread", proxyMode = ScopedProxyMode.TARGET_CLASS)
		Good scoped() {
			return new Good();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoRegistries {

		@Bean
		LockRegistry first() {
			return mock(LockRegistry.class);
		}

		@Bean
		LockRegistry second() {
			return first();
		}

	}

}
