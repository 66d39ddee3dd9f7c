package io.coordination.prevented;

import java.util.function.BiFunction;

import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.expression.spel.standard.SpelExpressionParser;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;

/**
 * An aspect for {@link DistributedLock} as people write it.
 */
interface Aspect {

	@Nullable Object around(MethodInvocation call, DistributedLock lock, LockRegistry registry) throws Throwable;

	/**
	 * The common one: acquires a lock, and releases it when the method has returned.
	 * @param name how the lock is called
	 */
	static Aspect naming(BiFunction<MethodInvocation, DistributedLock, String> name) {
		return (call, lock, registry) -> {
			try (LockHandle handle = registry.acquire(name.apply(call, lock))) {
				handle.ensureHeld();
				return call.proceed();
			}
		};
	}

	/**
	 * What SpEL makes of an expression, with the parameters as variables.
	 */
	static @Nullable Object spel(MethodInvocation call, String expression) {
		return new SpelExpressionParser().parseExpression(expression)
			.getValue(new MethodBasedEvaluationContext(new Object(), call.getMethod(), call.getArguments(),
					new DefaultParameterNameDiscoverer()));
	}

}
