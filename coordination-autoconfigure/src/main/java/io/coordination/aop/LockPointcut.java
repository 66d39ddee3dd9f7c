package io.coordination.aop;

import java.lang.reflect.Method;

import org.springframework.aop.support.StaticMethodMatcherPointcut;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * The methods annotated with {@link DistributedLock}, in the class or in an interface.
 */
final class LockPointcut extends StaticMethodMatcherPointcut {

	LockPointcut() {
		setClassFilter((type) -> AnnotationUtils.isCandidateClass(type, DistributedLock.class));
	}

	@Override
	public boolean matches(Method method, Class<?> targetClass) {
		return LockedMethods.isLocked(method, targetClass);
	}

}
