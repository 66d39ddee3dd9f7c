package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.aot.BeanRegistrationAotContribution;
import org.springframework.beans.factory.aot.BeanRegistrationAotProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.RegisteredBean;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ClassUtils;

/**
 * Tells a native image what the annotated methods of a bean need to be reflected upon. A
 * mistake in an annotation is left to the start of the application, which reports it.
 */
final class LockedBeanAotProcessor implements BeanRegistrationAotProcessor {

	@Override
	public @Nullable BeanRegistrationAotContribution processAheadOfTime(RegisteredBean bean) {
		Class<?> type = ClassUtils.getUserClass(bean.getBeanClass());
		if (!AnnotationUtils.isCandidateClass(type, DistributedLock.class)) {
			return null;
		}
		Set<Method> locked;
		try {
			locked = MethodIntrospector.selectMethods(type, (Method method) -> LockedMethods.isLocked(method, type));
		}
		catch (InvalidDistributedLockException ex) {
			return null;
		}
		if (locked.isEmpty()) {
			return null;
		}
		ConfigurableListableBeanFactory beans = bean.getBeanFactory();
		return (context, code) -> {
			LockedMethodHints hints = new LockedMethodHints(context.getRuntimeHints().reflection(), type,
					(name) -> beans.containsBean(name) ? beans.getType(name, false) : null, new Placeholders(beans));
			locked.forEach(hints::register);
		};
	}

}
