package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.Objects;

import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.CoroutineContext;
import kotlin.jvm.JvmClassMappingKt;
import kotlin.reflect.KFunction;
import kotlin.reflect.KType;
import kotlin.reflect.jvm.KTypesJvm;
import kotlin.reflect.jvm.ReflectJvmMapping;
import kotlinx.coroutines.Job;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

import org.springframework.core.CoroutinesUtils;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveTypeDescriptor;

/**
 * Suspending functions of Kotlin. To an interceptor they are methods that return a
 * {@link Mono}: Spring runs the function in a coroutine of its own for each subscription.
 */
final class SuspendingFunctions {

	private SuspendingFunctions() {
	}

	/**
	 * The type of the result, boxed.
	 */
	static Class<?> returnType(Method function) {
		return JvmClassMappingKt.getJavaObjectType(KTypesJvm.getJvmErasure(type(function)));
	}

	private static KType type(Method function) {
		KFunction<?> kotlin = Objects.requireNonNull(ReflectJvmMapping.getKotlinFunction(function),
				() -> "No Kotlin function: " + function);
		return kotlin.getReturnType();
	}

	/**
	 * Makes publishers of answers.
	 * @return adapts what suspending functions give, and plain values
	 */
	static ReactiveAdapter adapter(Method function) {
		Class<?> type = returnType(function);
		boolean mayBeEmpty = type(function).isMarkedNullable() || type == Unit.class || type == Void.class;
		ReactiveTypeDescriptor descriptor = mayBeEmpty
				? ReactiveTypeDescriptor.singleOptionalValue(Mono.class, Mono::empty)
				: ReactiveTypeDescriptor.singleRequiredValue(Mono.class);
		return new ReactiveAdapter(descriptor, SuspendingFunctions::publisher, Mono::from);
	}

	private static Publisher<?> publisher(@Nullable Object answer) {
		return (answer instanceof Publisher<?> publisher) ? publisher
				: Mono.justOrEmpty((answer != Unit.INSTANCE) ? answer : null);
	}

	/**
	 * The continuation to call a function with, so that the end of its coroutines is
	 * known.
	 */
	static Object guarded(LockCall call, LockContext context) {
		Continuation<?> caller = (Continuation<?>) call.continuation();
		CoroutineWork work = new CoroutineWork(context, caller.getContext());
		call.awaits(work);
		return new Guarded(caller, caller.getContext().plus(work));
	}

	/**
	 * A coroutine that starts when it is subscribed to, and is counted from before that.
	 */
	static <T> Publisher<T> counted(CoroutineWork work, Publisher<T> coroutine) {
		return (subscriber) -> {
			work.starting();
			try {
				coroutine.subscribe(subscriber);
			}
			finally {
				work.started();
			}
		};
	}

	/**
	 * Calls a function in the coroutine context of a call.
	 */
	static Publisher<?> call(Method function, LockCall call, @Nullable Object[] arguments) {
		CoroutineContext context = ((Continuation<?>) call.continuation()).getContext();
		return CoroutinesUtils.invokeSuspendingFunction(context.minusKey(Job.Key), function, call.target(), arguments);
	}

	/**
	 * A continuation with another context.
	 */
	private record Guarded(Continuation<?> caller, CoroutineContext context) implements Continuation<Object> {

		@Override
		public CoroutineContext getContext() {
			return this.context;
		}

		@Override
		@SuppressWarnings("unchecked")
		public void resumeWith(Object result) {
			((Continuation<Object>) this.caller).resumeWith(result);
		}

	}

}
