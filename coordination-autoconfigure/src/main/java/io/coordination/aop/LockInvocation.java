package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A call of a method that is guarded by a lock.
 *
 * @param target the bean, not its proxy
 * @param method the method
 * @param arguments the arguments; unmodifiable
 */
public record LockInvocation(Object target, Method method, List<@Nullable Object> arguments) {

	/**
	 * Keeps the arguments as they are now.
	 */
	public LockInvocation {
		arguments = Collections.unmodifiableList(Arrays.asList(arguments.toArray()));
	}

}
