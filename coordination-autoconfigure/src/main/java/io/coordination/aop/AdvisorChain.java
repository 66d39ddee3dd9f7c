package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.aop.Advisor;
import org.springframework.aop.PointcutAdvisor;
import org.springframework.aop.SpringProxy;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.AopProxyUtils;

/**
 * What stands between the caller of a bean and its methods, from the outside in. A bean
 * may be a proxy of a proxy.
 */
final class AdvisorChain {

	/** By name, since applications without transactions need not have it. */
	private static final String TRANSACTION = "org.springframework.transaction.interceptor.TransactionInterceptor";

	private static final String ASYNC = "org.springframework.aop.interceptor.AsyncExecutionInterceptor";

	private final List<Advisor> advisors = new ArrayList<>();

	private final boolean opaque;

	AdvisorChain(Object bean) {
		Object current = bean;
		while (current instanceof Advised advised) {
			Collections.addAll(this.advisors, advised.getAdvisors());
			current = AopProxyUtils.getSingletonTarget(advised);
		}
		this.opaque = current instanceof SpringProxy;
	}

	/**
	 * Whether the lock is in it, or may be: a proxy can forbid to look into it.
	 */
	boolean hasLock() {
		return this.opaque || indexOfLock() >= 0;
	}

	/**
	 * Whether a transaction of the method begins before the lock is acquired, and so ends
	 * after it is released.
	 */
	boolean beginsTransactionBeforeLock(Method method, Class<?> targetClass) {
		return this.advisors.subList(0, Math.max(0, indexOfLock()))
			.stream()
			.anyMatch((advisor) -> isAdvice(advisor, TRANSACTION) && matches(advisor, method, targetClass));
	}

	/**
	 * Whether the method is passed on to another thread while this one releases the lock.
	 */
	boolean leavesThreadInsideLock(Method method, Class<?> targetClass) {
		int lock = indexOfLock();
		return lock >= 0 && this.advisors.subList(lock, this.advisors.size())
			.stream()
			.anyMatch((advisor) -> isAdvice(advisor, ASYNC) && matches(advisor, method, targetClass));
	}

	private int indexOfLock() {
		for (int i = 0; i < this.advisors.size(); i++) {
			if (this.advisors.get(i).getAdvice() instanceof LockInterceptor) {
				return i;
			}
		}
		return -1;
	}

	private static boolean isAdvice(Advisor advisor, String type) {
		for (@Nullable
		Class<?> current = advisor.getAdvice().getClass(); current != null; current = current.getSuperclass()) {
			if (current.getName().equals(type)) {
				return true;
			}
		}
		return false;
	}

	private static boolean matches(Advisor advisor, Method method, Class<?> targetClass) {
		return !(advisor instanceof PointcutAdvisor pointcut)
				|| (pointcut.getPointcut().getClassFilter().matches(targetClass)
						&& pointcut.getPointcut().getMethodMatcher().matches(method, targetClass));
	}

}
