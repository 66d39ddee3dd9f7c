package io.coordination.aop;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import org.aopalliance.intercept.MethodInterceptor;

import org.springframework.aop.Advisor;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.NameMatchMethodPointcut;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.core.Ordered;
import org.springframework.resilience.annotation.EnableResilientMethods;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.AsyncAnnotationAdvisor;
import org.springframework.scheduling.annotation.EnableAsync;

import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;

import static org.awaitility.Awaitility.await;

/**
 * Methods that locks share with asynchronous execution, retries and security.
 */
final class OtherAdvice {

	private OtherAdvice() {
	}

	static class Background {

		private final CountDownLatch entered = new CountDownLatch(1);

		private final CountDownLatch leave = new CountDownLatch(1);

		CountDownLatch entered() {
			return this.entered;
		}

		CountDownLatch leave() {
			return this.leave;
		}

		@Async
		@DistributedLock("background")
		public void run() throws InterruptedException {
			this.entered.countDown();
			this.leave.await();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAsync
	static class AsyncConfiguration {

		@Bean
		Background background() {
			return new Background();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class AsyncInside {

		@Bean
		Background background() {
			return new Background();
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static Advisor async() {
			AsyncAnnotationAdvisor advisor = new AsyncAnnotationAdvisor();
			advisor.setOrder(Ordered.LOWEST_PRECEDENCE);
			return advisor;
		}

	}

	static class Flaky {

		private final LockRegistry registry;

		private final List<Long> tokens = new CopyOnWriteArrayList<>();

		Flaky(LockRegistry registry) {
			this.registry = registry;
		}

		List<Long> tokens() {
			return this.tokens;
		}

		@Retryable(maxRetries = 2, delay = 1)
		@DistributedLock("flaky")
		public void work() {
			this.tokens.add(this.registry.held().iterator().next().fencingToken());
			if (this.tokens.size() < 3) {
				throw new LockNotAcquiredException("not yet");
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableResilientMethods
	static class RetryConfiguration {

		@Bean
		Flaky flaky(LockRegistry registry) {
			return new Flaky(registry);
		}

	}

	static class Vault {

		@DistributedLock(name = "secret", waitTime = "unbounded")
		public void open() {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SecurityConfiguration {

		@Bean
		Vault vault() {
			return new Vault();
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static Advisor authorization() {
			NameMatchMethodPointcut pointcut = new NameMatchMethodPointcut();
			pointcut.setMappedName("open");
			pointcut.setClassFilter(Vault.class::isAssignableFrom);
			MethodInterceptor denial = (invocation) -> {
				throw new SecurityException("denied");
			};
			DefaultPointcutAdvisor advisor = new DefaultPointcutAdvisor(pointcut, denial);
			advisor.setOrder(100);
			return advisor;
		}

	}

}
