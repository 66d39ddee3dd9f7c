package io.coordination.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.stream.BaseStream;

import org.jspecify.annotations.Nullable;
import org.springframework.core.GenericTypeResolver;
import org.springframework.core.KotlinDetector;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;

/**
 * What a method returns, as far as its lock is concerned: how to tell when its work is
 * done, and what a skipped call returns.
 *
 * @param type the type
 * @param kind how to tell when the work is done
 * @param adapter how to make a publisher of it and back, where it is reactive
 */
record ReturnType(Class<?> type, Kind kind, @Nullable ReactiveAdapter adapter) {

	/**
	 * How to tell when the work of a method is done.
	 */
	enum Kind {

		/** It is done when the method returns. */
		VALUE,

		/** It is done when the returned stage is. */
		STAGE,

		/** It is done when the returned publisher has ended, for each subscriber. */
		REACTIVE,

		/** It is done when the returned Kotlin flow has been collected. */
		FLOW,

		/** It goes on for who knows how long. */
		LATE

	}

	private static final Set<Class<?>> LATE = Set.of(CompletionStage.class, Future.class, Callable.class,
			Flow.Publisher.class, BaseStream.class);

	/** Types of libraries that may not be there. */
	private static final Set<String> LATE_BY_NAME = Set.of("org.reactivestreams.Publisher",
			"kotlinx.coroutines.flow.Flow", "kotlinx.coroutines.Deferred",
			"org.springframework.web.context.request.async.DeferredResult",
			"org.springframework.web.context.request.async.WebAsyncTask",
			"org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter",
			"org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody");

	/** Types may be parts of themselves. */
	private static final int MAX_DEPTH = 4;

	private static final String FLOW = "kotlinx.coroutines.flow.Flow";

	/** What is adapted to Reactor, but does not end when that is cancelled. */
	private static final Set<String> COROUTINES = Set.of(FLOW, "kotlinx.coroutines.Deferred");

	private static final boolean KOTLIN = Arrays
		.asList("kotlinx.coroutines.reactor.MonoKt", "kotlin.reflect.full.KCallables")
		.stream()
		.allMatch((name) -> ClassUtils.isPresent(name, ReturnType.class.getClassLoader()));

	private static final boolean REACTOR = ClassUtils.isPresent("reactor.core.publisher.Flux",
			ReturnType.class.getClassLoader());

	/** Of what is returned: asked for at every call. */
	private static final ClassValue<Boolean> lateTypes = new ClassValue<>() {

		@Override
		protected Boolean computeValue(Class<?> type) {
			return isLate(type);
		}

	};

	static ReturnType of(Method method, Class<?> targetClass) {
		Class<?> type = GenericTypeResolver.resolveReturnType(method, targetClass);
		if (KotlinDetector.isSuspendingFunction(method)) {
			return KOTLIN ? ofSuspending(method) : new ReturnType(method.getReturnType(), Kind.LATE, null);
		}
		if (type.isPrimitive()) {
			return new ReturnType(type, Kind.VALUE, null);
		}
		if (CompletionStage.class.isAssignableFrom(type)) {
			return new ReturnType(type, type.isAssignableFrom(CompletableFuture.class) ? Kind.STAGE : Kind.LATE, null);
		}
		if (isNamed(type, COROUTINES)) {
			return new ReturnType(type, (KOTLIN && type.getName().equals(FLOW)) ? Kind.FLOW : Kind.LATE, null);
		}
		ReactiveAdapter adapter = REACTOR ? ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) : null;
		// What is adapted back is no special one, such as a ConnectableFlux
		if (adapter != null && type.isAssignableFrom(adapter.getReactiveType())) {
			return new ReturnType(type, Kind.REACTIVE, adapter);
		}
		return new ReturnType(type, isLate(type) ? Kind.LATE : Kind.VALUE, null);
	}

	private static ReturnType ofSuspending(Method function) {
		Class<?> type = SuspendingFunctions.returnType(function);
		return isLate(type) ? new ReturnType(type, Kind.LATE, null)
				: new ReturnType(type, Kind.REACTIVE, SuspendingFunctions.adapter(function));
	}

	/**
	 * Whether what Kotlin's functions need is on the class path.
	 */
	static boolean isKotlinSupported() {
		return KOTLIN;
	}

	/**
	 * Whether only a value that was returned tells whether its work goes on.
	 */
	boolean isOpaque() {
		return this.kind == Kind.VALUE && !Modifier.isFinal(this.type.getModifiers());
	}

	/**
	 * Whether a call can be skipped: whether there is something that says that nothing
	 * was done.
	 */
	boolean canBeSkipped() {
		if (this.adapter != null) {
			return this.adapter.supportsEmpty();
		}
		return !this.type.isPrimitive() || this.type == void.class;
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
		return LATE.stream().anyMatch((late) -> late.isAssignableFrom(type)) || isNamed(type, LATE_BY_NAME)
				|| (!type.isPrimitive() && ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) != null);
	}

	/**
	 * What is inside of a result, such as the body of a response, and whose work goes on.
	 * @return its type, or {@code null} if there is none
	 */
	static @Nullable Class<?> latePart(ResolvableType type) {
		return latePart(type, 0);
	}

	private static @Nullable Class<?> latePart(ResolvableType type, int depth) {
		if (type.resolve() == Class.class || depth == MAX_DEPTH) {
			return null;
		}
		for (ResolvableType part : type.isArray() ? new ResolvableType[] { type.getComponentType() }
				: type.getGenerics()) {
			Class<?> resolved = part.resolve();
			Class<?> late = (resolved != null && isLate(resolved)) ? resolved : latePart(part, depth + 1);
			if (late != null) {
				return late;
			}
		}
		return null;
	}

	private static boolean isNamed(@Nullable Class<?> type, Set<String> names) {
		return type != null && (names.contains(type.getName()) || isNamed(type.getSuperclass(), names)
				|| Arrays.stream(type.getInterfaces()).anyMatch((one) -> isNamed(one, names)));
	}

	/**
	 * The value of a call that is skipped.
	 */
	@Nullable Object skipped() {
		if (this.type == Optional.class) {
			return Optional.empty();
		}
		if (this.type == OptionalInt.class) {
			return OptionalInt.empty();
		}
		if (this.type == OptionalLong.class) {
			return OptionalLong.empty();
		}
		return (this.type == OptionalDouble.class) ? OptionalDouble.empty() : null;
	}

}
