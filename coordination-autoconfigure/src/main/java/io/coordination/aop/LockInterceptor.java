package io.coordination.aop;

import java.util.Objects;
import java.util.function.Supplier;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockInterruptedException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockedAction;

/**
 * Runs a method while its lock is held. What the method throws passes through as it is.
 */
final class LockInterceptor implements MethodInterceptor {

	private final LockedMethods methods;

	private final Supplier<LockRegistry> registry;

	LockInterceptor(LockedMethods methods, Supplier<LockRegistry> registry) {
		this.methods = methods;
		this.registry = registry;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
		Object target = invocation.getThis();
		Class<?> targetClass = (target != null) ? AopUtils.getTargetClass(target)
				: invocation.getMethod().getDeclaringClass();
		LockedMethod method = this.methods.get(invocation.getMethod(), targetClass);
		Body body = new Body(invocation, method);
		try {
			return this.registry.get().execute(method.spec(invocation.getArguments()), body);
		}
		catch (LockNotAcquiredException ex) {
			if (body.entered || !method.skips()) {
				throw ex;
			}
			return method.skipped();
		}
		catch (InterruptedException ex) {
			if (body.entered || method.interruptible()) {
				throw ex;
			}
			Thread.currentThread().interrupt();
			throw new LockInterruptedException("Interrupted while waiting for the lock of " + method.where(), ex);
		}
		catch (Unchecked ex) {
			throw ex.getCause();
		}
	}

	/**
	 * The rest of the call. Knows whether it was begun: an exception from outside is not
	 * one of the method.
	 */
	private static final class Body implements LockedAction<@Nullable Object, Exception> {

		private final MethodInvocation invocation;

		private final LockedMethod method;

		private boolean entered;

		Body(MethodInvocation invocation, LockedMethod method) {
			this.invocation = invocation;
			this.method = method;
		}

		@Override
		@SuppressWarnings("NullAway") // T may be null, which older compilers cannot tell
		public @Nullable Object run(LockHandle handle) throws Exception {
			this.entered = true;
			try {
				Object result = this.invocation.proceed();
				if (result != null && this.method.opaque() && ReturnType.isLate(result)) {
					throw new IllegalStateException(
							this.method.where() + " returned a " + result.getClass().getTypeName()
									+ ", whose work goes on without the lock. Return the result itself, or use "
									+ "LockRegistry.acquireAsync() and release the handle when the work is done");
				}
				return result;
			}
			catch (Exception | Error ex) {
				throw ex;
			}
			catch (Throwable ex) {
				throw new Unchecked(ex);
			}
		}

	}

	/**
	 * Carries what is neither an exception nor an error.
	 */
	private static final class Unchecked extends RuntimeException {

		private static final long serialVersionUID = 1L;

		Unchecked(Throwable cause) {
			super(cause);
		}

		@Override
		public synchronized Throwable getCause() {
			return Objects.requireNonNull(super.getCause());
		}

	}

}
