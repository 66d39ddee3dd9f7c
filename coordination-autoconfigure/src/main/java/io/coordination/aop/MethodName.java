package io.coordination.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.stream.Collectors;

import org.springframework.core.KotlinDetector;
import org.springframework.util.ClassUtils;

/**
 * How a method is called: for people, and as the name of a lock.
 */
final class MethodName {

	private MethodName() {
	}

	static String readable(Method method, Class<?> targetClass) {
		return userClass(method, targetClass) + "." + method.getName() + parameters(method, false);
	}

	/**
	 * A name that no other method has, the same in each process.
	 */
	static String identity(Method method, Class<?> targetClass) {
		return userClass(method, targetClass) + "#" + method.getName() + parameters(method, true);
	}

	/**
	 * The method that somebody has written: that of the interface, where a class was
	 * generated for it.
	 */
	static Method written(Method method) {
		return isGenerated(method.getDeclaringClass()) ? ClassUtils.getInterfaceMethodIfPossible(method, null) : method;
	}

	/**
	 * Class and method, whatever its parameters are.
	 */
	static String label(Method method, Class<?> targetClass) {
		return userClass(method, targetClass) + "." + method.getName();
	}

	// The names of generated classes differ from process to process.
	private static String userClass(Method method, Class<?> targetClass) {
		return ClassUtils.getUserClass(isGenerated(targetClass) ? written(method).getDeclaringClass() : targetClass)
			.getName();
	}

	private static boolean isGenerated(Class<?> type) {
		return Proxy.isProxyClass(type) || type.isHidden() || type.isSynthetic();
	}

	private static String parameters(Method method, boolean qualified) {
		int hidden = KotlinDetector.isSuspendingFunction(method) ? 1 : 0;
		return Arrays.stream(method.getParameterTypes())
			.limit(method.getParameterCount() - hidden)
			.map((type) -> qualified ? type.getTypeName() : type.getSimpleName())
			.collect(Collectors.joining(qualified ? "," : ", ", "(", ")"));
	}

}
