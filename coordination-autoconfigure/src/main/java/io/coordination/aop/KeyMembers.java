package io.coordination.aop;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.MethodReference;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Follows an expression along the types of its values, as far as these cannot have
 * subclasses: records, enums, text, numbers. What they do not have now, no value of a
 * call will have.
 */
final class KeyMembers {

	private KeyMembers() {
	}

	/**
	 * Finds the first member that does not exist.
	 * @param compound a value and what is read of it
	 * @param type the type of the value
	 * @return the member, or {@code null} if there is none
	 */
	static @Nullable Missing missing(SpelNode compound, Class<?> type) {
		Class<?> current = type;
		for (int i = 1; i < compound.getChildCount(); i++) {
			current = ClassUtils.resolvePrimitiveIfNecessary(current);
			SpelNode node = compound.getChild(i);
			String name = (node instanceof PropertyOrFieldReference property) ? property.getName()
					: (node instanceof MethodReference method) ? method.getName() : null;
			if (name == null || current.isArray() || !Modifier.isFinal(current.getModifiers())) {
				return null;
			}
			Optional<Class<?>> found = (node instanceof MethodReference) ? method(current, name)
					: property(current, name);
			if (found.isEmpty()) {
				return new Missing(name, current, Spelling.closest(name, names(current)).orElse(null));
			}
			current = found.get();
		}
		return null;
	}

	private static Optional<Class<?>> method(Class<?> type, String name) {
		return Arrays.stream(type.getMethods())
			.filter((method) -> method.getName().equals(name))
			.<Class<?>>map(Method::getReturnType)
			.reduce((one, other) -> (one == other) ? one : Object.class);
	}

	private static Optional<Class<?>> property(Class<?> type, String name) {
		Optional<Class<?>> getter = getters(type)
			.filter((method) -> name.equalsIgnoreCase(property(method)) || name.equals(method.getName()))
			.<Class<?>>map(Method::getReturnType)
			.reduce((one, other) -> (one == other) ? one : Object.class);
		return getter.isPresent() ? getter
				: Arrays.stream(type.getFields())
					.filter((field) -> field.getName().equals(name))
					.<Class<?>>map(Field::getType)
					.findFirst();
	}

	private static Stream<Method> getters(Class<?> type) {
		return Arrays.stream(type.getMethods())
			.filter((method) -> method.getParameterCount() == 0 && method.getReturnType() != void.class);
	}

	private static String property(Method getter) {
		String name = getter.getName();
		return name.startsWith("get") ? name.substring(3) : name.startsWith("is") ? name.substring(2) : name;
	}

	private static List<String> names(Class<?> type) {
		return getters(type).filter((method) -> method.getDeclaringClass() != Object.class)
			.map((method) -> StringUtils.uncapitalize(property(method)))
			.toList();
	}

	/**
	 * A member that does not exist.
	 *
	 * @param name its name
	 * @param type the type that does not have it
	 * @param meant one that it has and that is called about the same
	 */
	record Missing(String name, Class<?> type, @Nullable String meant) {

	}

}
