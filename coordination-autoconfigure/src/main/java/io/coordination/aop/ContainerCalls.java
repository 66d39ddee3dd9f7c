package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;

/**
 * Finds the methods that the container calls on a bean itself, before there is a proxy or
 * past it.
 */
final class ContainerCalls {

	private static final String INIT = "jakarta.annotation.PostConstruct";

	private static final String DESTROY = "jakarta.annotation.PreDestroy";

	private static final String PAST_PROXY = " has the method called past the proxy, so it would run without the lock.";

	private static final String AT_THE_END = "Call it from another bean, for example when there is a ContextClosedEvent.";

	private ContainerCalls() {
	}

	/**
	 * Checks that a method is not called because of what its class says.
	 * @throws InvalidDistributedLockException if it is
	 */
	static void check(String where, Method method, Class<?> type) {
		// One that overrides an annotated method is called in its place
		MergedAnnotations annotations = MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY);
		if (annotations.isPresent(INIT)) {
			throw beforeProxy(where, "@PostConstruct");
		}
		if (annotations.isPresent(DESTROY)) {
			throw pastProxy(where, "@PreDestroy");
		}
		if (!isMeant(method, type)) {
			return;
		}
		if (InitializingBean.class.isAssignableFrom(type) && method.getName().equals("afterPropertiesSet")) {
			throw beforeProxy(where, "InitializingBean");
		}
		if (DisposableBean.class.isAssignableFrom(type) && method.getName().equals("destroy")) {
			throw pastProxy(where, "DisposableBean");
		}
	}

	/**
	 * Checks that a method is not called because of how its bean is defined.
	 * @throws InvalidDistributedLockException if it is
	 */
	static void check(String where, Method method, Class<?> type, String bean, ConfigurableListableBeanFactory beans) {
		if (!isMeant(method, type) || !beans.containsBeanDefinition(bean) || beans.isFactoryBean(bean)) {
			return;
		}
		BeanDefinition definition = beans.getMergedBeanDefinition(bean);
		if (definition instanceof AbstractBeanDefinition full) {
			if (names(full.getInitMethodNames()).contains(method.getName())) {
				throw beforeProxy(where, "initMethod = \"" + method.getName() + "\"");
			}
			List<String> destroy = new ArrayList<>(names(full.getDestroyMethodNames()));
			if (destroy.remove(AbstractBeanDefinition.INFER_METHOD)) {
				destroy.addAll(List.of("close", "shutdown"));
			}
			else if (destroy.isEmpty() && AutoCloseable.class.isAssignableFrom(type)) {
				destroy.add("close");
			}
			if (destroy.contains(method.getName())) {
				throw new InvalidDistributedLockException(where,
						"destroyMethod = \"" + method.getName() + "\"" + PAST_PROXY,
						"Set destroyMethod = \"\" on its @Bean if the container is not to call it. " + AT_THE_END);
			}
		}
	}

	/** What is annotated for its class is not meant to be locked then. */
	private static boolean isMeant(Method method, Class<?> type) {
		return method.getParameterCount() == 0 && LockedMethods.annotations(method, type)
			.stream()
			.anyMatch((annotation) -> annotation.getSource() instanceof Method);
	}

	private static List<String> names(String @Nullable [] names) {
		return (names != null) ? Arrays.asList(names) : List.of();
	}

	private static InvalidDistributedLockException beforeProxy(String where, String why) {
		return new InvalidDistributedLockException(where,
				why + " has the method called before there is a proxy, so it would run without the lock.",
				"Call it from another bean, for example from an ApplicationRunner.");
	}

	private static InvalidDistributedLockException pastProxy(String where, String why) {
		return new InvalidDistributedLockException(where, why + PAST_PROXY, AT_THE_END);
	}

}
