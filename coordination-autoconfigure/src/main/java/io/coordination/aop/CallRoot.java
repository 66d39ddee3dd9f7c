package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;

/**
 * What expressions know of a call as {@code #root}: the same as those of
 * {@code @Cacheable}.
 *
 * @param method the method that was called
 * @param target the bean
 * @param targetClass the class of the bean
 * @param args the arguments; unmodifiable
 */
record CallRoot(Method method, Object target, Class<?> targetClass, List<@Nullable Object> args) {

	static final List<String> PROPERTIES = List.of("method", "target", "targetClass", "args");

	CallRoot(Method method, Object target, @Nullable Object[] arguments) {
		this(method, target, AopUtils.getTargetClass(target),
				Collections.<@Nullable Object>unmodifiableList(Arrays.<@Nullable Object>asList(arguments)));
	}

}
