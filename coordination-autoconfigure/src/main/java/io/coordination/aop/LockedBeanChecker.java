package io.coordination.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.aopalliance.aop.Advice;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.Advisor;
import org.springframework.aop.SpringProxy;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedObject;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.KotlinDetector;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.ClassUtils;

/**
 * Finds the annotated methods that would run without their lock, or fail at their first
 * call, before the application has started: reads the types of all beans, and looks at
 * the proxies of those that exist by then.
 */
final class LockedBeanChecker implements BeanPostProcessor, SmartInitializingSingleton {

	private static final String ASPECT = "org.aspectj.lang.annotation.Aspect";

	private final ConfigurableListableBeanFactory beanFactory;

	private final LockedMethods methods;

	private final Map<Class<?>, Set<Method>> checked = new ConcurrentHashMap<>();

	private final Validation validation;

	LockedBeanChecker(ConfigurableListableBeanFactory beanFactory, LockedMethods methods, Validation validation) {
		this.beanFactory = beanFactory;
		this.methods = methods;
		this.validation = validation;
	}

	// Before a proxy is made, which a final class would prevent with a lesser message.
	@Override
	public Object postProcessBeforeInitialization(Object bean, String beanName) {
		checkType(bean.getClass());
		return bean;
	}

	@Override
	public void afterSingletonsInstantiated() {
		for (String name : this.beanFactory.getBeanNamesForType(Object.class)) {
			checkBean(name);
		}
		for (String name : this.beanFactory.getBeanNamesForType(FactoryBean.class, true, false)) {
			checkFactory(name);
		}
		this.checked.forEach((type, found) -> found
			.forEach((method) -> this.validation.check(() -> this.methods.get(method, type).checkTerms())));
		new LockedMethodAdvice(this.methods, this.validation).give(this.checked);
		this.methods.unusedProperties().forEach(this.validation::warn);
	}

	private void checkBean(String name) {
		Class<?> type = AutoProxyUtils.determineTargetClass(this.beanFactory, name);
		if (type == null || ScopedObject.class.isAssignableFrom(type)) {
			return;
		}
		Set<Method> found = checkType(type);
		if (found.isEmpty()) {
			checkWrapper(name, type);
		}
		else {
			found.forEach((method) -> this.validation.check(() -> ContainerCalls
				.check(this.methods.get(method, type).where(), method, type, name, this.beanFactory)));
			Object bean = existing(name);
			// A wrapper of a proxy hides it, but what the proxy is for is known
			if (bean != null && (bean instanceof SpringProxy || type.isInstance(bean))) {
				checkProxy(name, bean, found);
			}
		}
	}

	/** What has wrapped a bean before there was a proxy calls it without the lock. */
	private void checkWrapper(String name, Class<?> type) {
		if (!this.beanFactory.containsBeanDefinition(name) || this.beanFactory.isFactoryBean(name)) {
			return;
		}
		Class<?> defined = this.beanFactory.getMergedBeanDefinition(name).getResolvableType().resolve();
		if (defined != null && !defined.isAssignableFrom(type)) {
			checkType(defined).forEach((method) -> this.validation.check(() -> {
				throw new InvalidDistributedLockException(this.methods.get(method, defined).where(),
						"bean '" + name + "' was replaced by a " + type.getName()
								+ " before there was a proxy, so the method would run without the lock.",
						"Have the BeanPostProcessor that does so wrap it after initialization, and not be PriorityOrdered.");
			}));
		}
	}

	/** A factory is a bean beside what it makes. */
	private void checkFactory(String name) {
		Object factory = this.beanFactory.getSingleton(BeanFactoryUtils.transformedBeanName(name));
		if (factory != null) {
			checkProxy(name, factory, checkType(AopUtils.getTargetClass(factory)));
		}
	}

	private void checkProxy(String name, Object bean, Set<Method> found) {
		Class<?> targetClass = AopUtils.getTargetClass(bean);
		AdvisorChain chain = new AdvisorChain(bean);
		if (!found.isEmpty() && !chain.hasLock() && (TestDoubles.isMock(bean) || TestDoubles.areIn(this.beanFactory))) {
			if (!TestDoubles.isMock(bean)) {
				this.validation.warn(targetClass.getName(), "bean '" + name + "' is not proxied and runs without its "
						+ "locks, perhaps because a test has replaced it.");
			}
			return;
		}
		found.forEach((method) -> this.validation.check(() -> checkProxy(name, bean, method, targetClass, chain)));
	}

	private @Nullable Object existing(String name) {
		Object bean = this.beanFactory.getSingleton(name);
		if (bean instanceof FactoryBean<?> factory) {
			bean = factory.isSingleton() ? this.beanFactory.getBean(name) : null;
		}
		// What stands for no bean says that it equals null
		return Objects.equals(bean, null) ? null : bean;
	}

	private Set<Method> checkType(Class<?> type) {
		Class<?> userClass = ClassUtils.getUserClass(type);
		Set<Method> found = this.checked.get(userClass);
		if (found == null) {
			found = AnnotationUtils.isCandidateClass(userClass, DistributedLock.class) ? MethodIntrospector
				.selectMethods(userClass, (Method method) -> LockedMethods.isLocked(method, userClass)) : Set.of();
			found.forEach((method) -> this.validation.check(() -> checkMethod(method, userClass)));
			this.checked.put(userClass, found);
		}
		return found;
	}

	private void checkMethod(Method method, Class<?> type) {
		String where = this.methods.get(method, type).where();
		int modifiers = method.getModifiers();
		String problem = Modifier.isPrivate(modifiers) ? "private"
				: Modifier.isStatic(modifiers) ? "static" : Modifier.isFinal(modifiers) ? "final" : null;
		if (isHidden(method, type)) {
			throw new InvalidDistributedLockException(where,
					"the method is visible in package " + method.getDeclaringClass().getPackageName()
							+ " only, so no proxy of this class can intercept it and it would run without the lock.",
					"Make it protected or public.");
		}
		ContainerCalls.check(where, method, type);
		Class<?> other = LockedMethods.contradiction(method, type);
		if (other != null) {
			throw new InvalidDistributedLockException(where,
					"the method is annotated in several types, and what " + other.getName() + " says would not count.",
					"Annotate the method of the class itself.");
		}
		if (problem != null) {
			throw new InvalidDistributedLockException(where,
					"the method is " + problem + ", so no proxy can intercept it and it would run without the lock.",
					"Make it a method that can be overridden"
							+ ((KotlinDetector.isKotlinType(type) && Modifier.isFinal(modifiers)
									&& !Modifier.isPrivate(modifiers))
											? " (in Kotlin, add 'open' or the Spring compiler plug-in kotlin-spring)"
											: "")
							+ (method.getDeclaringClass().isInterface() ? "." : ", and call it from another bean."));
		}
		if (Modifier.isFinal(type.getModifiers()) && ClassUtils.getAllInterfacesForClass(type).length == 0) {
			throw new InvalidDistributedLockException(where,
					"the class is final, so no proxy can be made of it and the method would run without the lock.",
					"Remove 'final' from the class (in Kotlin, add 'open' or the Spring compiler plug-in kotlin-spring).");
		}
	}

	/**
	 * Whether a class cannot override a method that it inherits.
	 */
	private static boolean isHidden(Method method, Class<?> type) {
		int modifiers = method.getModifiers();
		Class<?> declaring = method.getDeclaringClass();
		return !Modifier.isPublic(modifiers) && !Modifier.isProtected(modifiers) && !Modifier.isPrivate(modifiers)
				&& !(declaring.getPackageName().equals(type.getPackageName())
						&& declaring.getClassLoader() == type.getClassLoader());
	}

	private void checkProxy(String name, Object bean, Method method, Class<?> targetClass, AdvisorChain chain) {
		String where = this.methods.get(method, targetClass).where();
		if (!chain.hasLock()) {
			throw new InvalidDistributedLockException(where,
					"bean '" + name + "' is not proxied, so the method would run without the lock.", notProxied(bean));
		}
		if (AopUtils.isJdkDynamicProxy(bean) && !isReachable(method, bean, targetClass)) {
			throw new InvalidDistributedLockException(where,
					"bean '" + name
							+ "' is proxied by its interfaces, and none of them has the method. Whoever calls it "
							+ "does so without the lock.",
					"Add the method to an interface of the class, or set spring.aop.proxy-target-class=true.");
		}
		if (chain.beginsTransactionBeforeLock(method, targetClass)) {
			throw new InvalidDistributedLockException(where,
					"the transaction begins before the lock is acquired and would be committed after the lock is "
							+ "released.",
					"Remove 'order' from @EnableTransactionManagement, or give it one above "
							+ DistributedLockAutoConfiguration.ORDER + ".");
		}
		if (chain.leavesThreadInsideLock(method, targetClass)) {
			throw new InvalidDistributedLockException(where,
					"@Async would run the method on another thread after the lock was released.",
					"Remove 'order' from @EnableAsync, or put @DistributedLock on a method that the asynchronous "
							+ "one calls.");
		}
	}

	private static String notProxied(Object bean) {
		if (bean instanceof AopInfrastructureBean || bean instanceof Advice || bean instanceof Advisor
				|| MergedAnnotations.from(bean.getClass(), SearchStrategy.SUPERCLASS).isPresent(ASPECT)) {
			return "Proxies are made by beans of this kind, not of them. Move the method to a bean of its own.";
		}
		return "It was probably created too early, as a dependency of a BeanPostProcessor or BeanFactoryPostProcessor, "
				+ "or registered by hand. Inject it there as ObjectProvider or @Lazy, and make the @Bean methods of "
				+ "post-processors static.";
	}

	/**
	 * Compared by what is called in the end, as a generic interface has other parameters.
	 */
	private static boolean isReachable(Method method, Object bean, Class<?> targetClass) {
		return Arrays.stream(bean.getClass().getInterfaces())
			.flatMap((type) -> Arrays.stream(type.getMethods()))
			.anyMatch((one) -> one.equals(method) || AopUtils.getMostSpecificMethod(one, targetClass).equals(method));
	}

}
