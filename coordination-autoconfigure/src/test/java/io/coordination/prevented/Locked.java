package io.coordination.prevented;

import java.util.Optional;

import org.aopalliance.aop.Advice;
import org.aopalliance.intercept.MethodInterceptor;

import org.springframework.aop.Advisor;
import org.springframework.aop.framework.autoproxy.DefaultAdvisorAutoProxyCreator;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AnnotatedElementUtils;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.DistributedLockAutoConfiguration;
import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;
import io.coordination.memory.MemoryLockAutoConfiguration;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

/**
 * A service in an application that locks its methods, by the library or by an aspect as
 * people write it. A test has the same done in both: where the aspect shows the failure
 * that the test is about, the library must not.
 *
 * @param <S> the service
 * @param service the bean
 * @param registry what gives the locks
 * @param others what others do to the locks
 */
record Locked<S>(S service, LockRegistry registry, LockTestSupport others) {

	/**
	 * An application whose annotations are read by the library.
	 */
	static ApplicationContextRunner library() {
		return application().withConfiguration(AutoConfigurations.of(DistributedLockAutoConfiguration.class));
	}

	/**
	 * An application whose annotations are read by an aspect.
	 */
	static ApplicationContextRunner aspect(Aspect aspect) {
		return application().withBean(Aspect.class, () -> aspect).withUserConfiguration(Proxies.class);
	}

	private static ApplicationContextRunner application() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(CoordinationAutoConfiguration.class,
					MemoryLockAutoConfiguration.class, LockTestAutoConfiguration.class))
			.withPropertyValues("coordination.backend=memory", "coordination.lock.wait-time=0s",
					"coordination.lock.shutdown.grace-period=0s");
	}

	/**
	 * Does something to a service of an application.
	 */
	static <S> void run(ApplicationContextRunner application, Class<S> type, Visit<S> visit) {
		application.withBean(type)
			.run((context) -> visit.run(new Locked<>(context.getBean(type), context.getBean(LockRegistry.class),
					context.getBean(LockTestSupport.class))));
	}

	/**
	 * Whether somebody else could have a lock now.
	 */
	boolean isFree(String name) throws InterruptedException {
		Optional<LockHandle> handle = this.registry.tryAcquire(LockSpec.of(name).withoutWaiting());
		handle.ifPresent(LockHandle::close);
		return handle.isPresent();
	}

	/**
	 * What a test does.
	 *
	 * @param <S> the service
	 */
	interface Visit<S> {

		void run(Locked<S> locked) throws Exception;

	}

	@Configuration(proxyBeanMethods = false)
	static class Proxies {

		@Bean
		static DefaultAdvisorAutoProxyCreator proxies() {
			DefaultAdvisorAutoProxyCreator proxies = new DefaultAdvisorAutoProxyCreator();
			proxies.setProxyTargetClass(true);
			return proxies;
		}

		@Bean
		static Advisor advisor(Aspect aspect, ObjectProvider<LockRegistry> registry) {
			Advice advice = (MethodInterceptor) (call) -> aspect.around(call,
					AnnotatedElementUtils.findMergedAnnotation(call.getMethod(), DistributedLock.class),
					registry.getObject());
			return new DefaultPointcutAdvisor(AnnotationMatchingPointcut.forMethodAnnotation(DistributedLock.class),
					advice);
		}

	}

}
