package io.coordination.aop;

import java.util.List;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;

/**
 * Runs a method while its locks are held. What the method throws passes through as it is.
 * <p>
 * <b>Invariant.</b> The method is not entered before all of its locks are held, and none
 * of them is released before its work has ended: when it returned, or when what it
 * returned has ended.
 */
final class LockInterceptor implements MethodInterceptor {

	private final LockedMethods methods;

	private final BlockingCalls blocking;

	private final StageCalls stages;

	private final @Nullable JoinedTransactions transactions;

	LockInterceptor(LockedMethods methods, BlockingCalls blocking, StageCalls stages,
			@Nullable JoinedTransactions transactions) {
		this.methods = methods;
		this.blocking = blocking;
		this.stages = stages;
		this.transactions = transactions;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
		Object target = invocation.getThis();
		Class<?> targetClass = (target != null) ? AopUtils.getTargetClass(target)
				: invocation.getMethod().getDeclaringClass();
		LockedMethod method = this.methods.get(invocation.getMethod(), targetClass);
		LockCall call = new LockCall(invocation, method);
		if (method.outlastsCall()) {
			return switch (method.returned().kind()) {
				case STAGE -> this.stages.run(call);
				case FLOW -> FlowCalls.run(call, this.transactions);
				default -> ReactiveCalls.run(call, this.transactions);
			};
		}
		List<LockCall.Request> requests = call.requests();
		return requests.isEmpty() ? call.proceedUnlocked() : this.blocking.run(call, requests);
	}

}
