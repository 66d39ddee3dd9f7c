package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.MergedAnnotation;

import io.coordination.lock.LockNotAcquiredException;

/**
 * What the annotations of the methods of one bean have the library reflect upon: the
 * methods themselves, also those that only their class is annotated for, their fallbacks,
 * constructors of exceptions, and what their expressions read. Handlers and key resolvers
 * are beans, which Spring registers.
 */
final class LockedMethodHints {

	private final ReflectionHints hints;

	private final Class<?> beanType;

	private final Function<String, @Nullable Class<?>> beans;

	private final Placeholders placeholders;

	LockedMethodHints(ReflectionHints hints, Class<?> beanType, Function<String, @Nullable Class<?>> beans,
			Placeholders placeholders) {
		this.hints = hints;
		this.beanType = beanType;
		this.beans = beans;
		this.placeholders = placeholders;
	}

	void register(Method method) {
		Method specific = AopUtils.getMostSpecificMethod(method, this.beanType);
		invoked(specific);
		for (MergedAnnotation<DistributedLock> annotation : LockedMethods.annotations(method, this.beanType)) {
			Method declaring = (annotation.getSource() instanceof Method source) ? source : specific;
			register(annotation.synthesize(), specific, declaring);
		}
	}

	private void register(DistributedLock lock, Method specific, Method declaring) {
		if (!lock.fallbackMethod().isEmpty() && found(() -> BusyPolicyReader.fallback("", specific, this.beanType,
				lock.fallbackMethod())) instanceof BusyPolicy.Fallback fallback) {
			invoked(fallback.method());
		}
		if (lock.exception() != LockNotAcquiredException.class
				&& found(() -> BusyPolicyReader.own("", lock.exception())) instanceof BusyPolicy.Own own) {
			this.hints.registerConstructor(own.constructor(), ExecutableMode.INVOKE);
		}
		ExpressionHints keys = expressions(declaring, false);
		keys.registerKey(resolved(lock.key()));
		List.of(lock.keys()).forEach((key) -> keys.registerKey(resolved(key)));
		keys.registerCondition(resolved(lock.condition()));
		expressions(declaring, true).registerMessage(resolved(lock.message()));
	}

	private String resolved(String text) {
		try {
			return text.isEmpty() ? text : this.placeholders.resolveWithin("", "", text);
		}
		catch (InvalidDistributedLockException ex) {
			// Has its value when the application runs, or is reported then
			return text;
		}
	}

	private ExpressionHints expressions(Method declaring, boolean message) {
		KeyVariables variables = new KeyVariables(declaring);
		Function<String, ResolvableType> types = (name) -> {
			int index = variables.indexOf(name);
			if (index >= 0 && !(message && name.equals(LockMessage.LOCK))) {
				return ResolvableType.forMethodParameter(declaring, index, this.beanType);
			}
			if (name.equals("root")) {
				return ResolvableType.forClass(CallRoot.class);
			}
			return (message && name.equals(LockMessage.LOCK)) ? ResolvableType.forClass(LockMessage.Busy.class)
					: ResolvableType.NONE;
		};
		return new ExpressionHints(new MemberHints(this.hints, this.beanType), types, this.beans);
	}

	private void invoked(Method method) {
		this.hints.registerMethod(method, ExecutableMode.INVOKE);
	}

	private static @Nullable BusyPolicy found(Supplier<BusyPolicy> policy) {
		try {
			return policy.get();
		}
		catch (InvalidDistributedLockException ex) {
			// Reported when the application starts
			return null;
		}
	}

}
