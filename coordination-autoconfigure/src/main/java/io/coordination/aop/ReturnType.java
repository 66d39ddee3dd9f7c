package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.stream.BaseStream;

import org.jspecify.annotations.Nullable;
import org.springframework.core.KotlinDetector;
import org.springframework.core.ReactiveAdapterRegistry;

/**
 * What a method returns, as far as its lock is concerned: whether the work is done when
 * it returns, and what a skipped call returns.
 */
final class ReturnType {

	private static final Set<Class<?>> LATE = Set.of(CompletionStage.class, Future.class, Callable.class,
			Flow.Publisher.class, BaseStream.class);

	/** Types of libraries that may not be there. */
	private static final Set<String> LATE_BY_NAME = Set.of("org.reactivestreams.Publisher",
			"kotlinx.coroutines.flow.Flow", "kotlinx.coroutines.Deferred",
			"org.springframework.web.context.request.async.DeferredResult",
			"org.springframework.web.context.request.async.WebAsyncTask",
			"org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter",
			"org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody");

	/** Of what is returned: asked for at every call. */
	private static final ClassValue<Boolean> lateTypes = new ClassValue<>() {

		@Override
		protected Boolean computeValue(Class<?> type) {
			return isLate(type);
		}

	};

	private ReturnType() {
	}

	/**
	 * Whether the work goes on after the method has returned, so that its lock would be
	 * released too early.
	 */
	static boolean isLate(Method method, Class<?> type) {
		return KotlinDetector.isSuspendingFunction(method) || isLate(type);
	}

	/**
	 * Whether the work behind a value that was returned goes on.
	 */
	static boolean isLate(Object value) {
		if (value instanceof CompletionStage<?> stage) {
			return !stage.toCompletableFuture().isDone();
		}
		if (value instanceof Future<?> future) {
			return !future.isDone();
		}
		return lateTypes.get(value.getClass());
	}

	private static boolean isLate(Class<?> type) {
		return LATE.stream().anyMatch((late) -> late.isAssignableFrom(type)) || isNamedLate(type)
				|| (!type.isPrimitive() && ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) != null);
	}

	private static boolean isNamedLate(@Nullable Class<?> type) {
		return type != null && (LATE_BY_NAME.contains(type.getName()) || isNamedLate(type.getSuperclass())
				|| Arrays.stream(type.getInterfaces()).anyMatch(ReturnType::isNamedLate));
	}

	/**
	 * What a call returns that is skipped.
	 */
	static @Nullable Object skipped(Class<?> type) {
		if (type == Optional.class) {
			return Optional.empty();
		}
		if (type == OptionalInt.class) {
			return OptionalInt.empty();
		}
		if (type == OptionalLong.class) {
			return OptionalLong.empty();
		}
		return (type == OptionalDouble.class) ? OptionalDouble.empty() : null;
	}

}
