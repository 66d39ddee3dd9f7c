package io.coordination.aop;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.core.KotlinDetector;

import io.coordination.lock.LockNotAcquiredException;

/**
 * What a call gives whose lock is busy: found out once for each method. None of them runs
 * the method.
 */
sealed interface BusyPolicy {

	/**
	 * Answers in place of the method.
	 * @return what the call returns
	 * @throws Throwable what the call throws
	 */
	@Nullable Object answer(LockCall call, LockNotAcquiredException busy) throws Throwable;

	/**
	 * Throws what the registry threw, or the same with a message of the annotation.
	 */
	record Throw() implements BusyPolicy {

		@Override
		public @Nullable Object answer(LockCall call, LockNotAcquiredException busy) {
			throw call.told(busy);
		}

	}

	/**
	 * Returns nothing.
	 *
	 * @param type what the method returns
	 */
	record Skip(ReturnType type) implements BusyPolicy {

		@Override
		public @Nullable Object answer(LockCall call, LockNotAcquiredException busy) {
			return this.type.skipped();
		}

	}

	/**
	 * Calls another method of the bean.
	 *
	 * @param method the method, accessible
	 * @param takesBusy whether its last parameter is the exception
	 */
	record Fallback(Method method, boolean takesBusy) implements BusyPolicy {

		@Override
		public @Nullable Object answer(LockCall call, LockNotAcquiredException busy) throws Throwable {
			@Nullable Object[] arguments = call.arguments();
			if (this.takesBusy) {
				arguments = Arrays.copyOf(arguments, arguments.length + 1);
				arguments[arguments.length - 1] = call.told(busy);
			}
			if (KotlinDetector.isSuspendingFunction(this.method)) {
				return SuspendingFunctions.call(this.method, call, arguments);
			}
			try {
				return this.method.invoke(call.target(), arguments);
			}
			catch (InvocationTargetException ex) {
				throw ex.getTargetException();
			}
		}

	}

	/**
	 * Asks a bean.
	 *
	 * @param handler finds the bean
	 */
	record Handler(Supplier<? extends LockFailureHandler> handler) implements BusyPolicy {

		@Override
		public @Nullable Object answer(LockCall call, LockNotAcquiredException busy) throws Throwable {
			return this.handler.get().handle(call.describe(), call.told(busy));
		}

	}

	/**
	 * Throws an exception of the application.
	 *
	 * @param constructor takes a message, and a cause if there are two parameters
	 */
	record Own(Constructor<? extends RuntimeException> constructor) implements BusyPolicy {

		@Override
		public @Nullable Object answer(LockCall call, LockNotAcquiredException busy) {
			String message = call.message(busy);
			if (this.constructor.getParameterCount() == 2) {
				throw BeanUtils.instantiateClass(this.constructor, message, busy);
			}
			RuntimeException own = BeanUtils.instantiateClass(this.constructor, message);
			if (own.getCause() == null) {
				try {
					own.initCause(busy);
				}
				catch (IllegalStateException ex) {
					own.addSuppressed(busy);
				}
			}
			throw own;
		}

	}

}
