package io.coordination.aop;

import java.util.concurrent.Executor;

import org.springframework.aop.Advisor;
import org.springframework.aop.config.AopConfigUtils;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Role;
import org.springframework.core.Ordered;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.util.ClassUtils;

/**
 * Auto-configuration that makes {@link DistributedLock} work, with and without AspectJ.
 * <p>
 * The lock is inside of {@code @Async}, {@code @Retryable} and method security, and
 * outside of {@code @Transactional} and {@code @Cacheable}.
 */
@AutoConfiguration
@Import(DistributedLockAutoConfiguration.ProxyCreatorRegistrar.class)
@ImportRuntimeHints(DistributedLockHints.class)
@EnableConfigurationProperties(DistributedLockProperties.class)
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
public final class DistributedLockAutoConfiguration {

	/** Before transactions, which come last, and after all that sets an order. */
	static final int ORDER = Ordered.LOWEST_PRECEDENCE - 100;

	static final String TRANSACTIONS = "org.springframework.transaction.support.TransactionSynchronization";

	/** Spring Boot's, which carries over what belongs to a thread. */
	private static final String EXECUTOR = "applicationTaskExecutor";

	@Bean
	@ConditionalOnMissingBean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static LockedMethods coordinationLockedMethods(ConfigurableListableBeanFactory beanFactory) {
		return new LockedMethods(beanFactory, () -> beanFactory.getBean(DistributedLockProperties.class));
	}

	// Without the role, the proxy creator that works without AspectJ would not see it.
	@Bean
	@ConditionalOnMissingBean(name = "coordinationLockAdvisor")
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static Advisor coordinationLockAdvisor(LockedMethods methods, ConfigurableListableBeanFactory beanFactory) {
		ClassLoader loader = DistributedLockAutoConfiguration.class.getClassLoader();
		JoinedTransactions transactions = ClassUtils.isPresent(TRANSACTIONS, loader)
				? new JoinedTransactions(() -> beanFactory.getBean(DistributedLockProperties.class)) : null;
		StageCalls stages = new StageCalls(transactions,
				() -> beanFactory.containsBean(EXECUTOR) ? beanFactory.getBean(EXECUTOR, Executor.class) : null);
		DefaultPointcutAdvisor advisor = new DefaultPointcutAdvisor(new LockPointcut(),
				new LockInterceptor(methods, new BlockingCalls(transactions), stages, transactions));
		advisor.setOrder(ORDER);
		return advisor;
	}

	@Bean
	@ConditionalOnMissingBean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static LockedBeanChecker coordinationLockedBeanChecker(ConfigurableListableBeanFactory beanFactory,
			LockedMethods methods) {
		return new LockedBeanChecker(beanFactory, methods,
				new Validation(() -> beanFactory.getBean(DistributedLockProperties.class).validation()));
	}

	/**
	 * Has proxies made even where nothing else asks for them.
	 */
	static final class ProxyCreatorRegistrar implements ImportBeanDefinitionRegistrar {

		@Override
		public void registerBeanDefinitions(AnnotationMetadata metadata, BeanDefinitionRegistry registry) {
			AopConfigUtils.registerAutoProxyCreatorIfNecessary(registry);
		}

	}

}
