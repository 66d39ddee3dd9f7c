package io.coordination.aop;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * Registers members as SpEL looks for them: by the name, and by the number of arguments.
 */
final class MemberHints {

	private final ReflectionHints hints;

	private final Class<?> beanType;

	private final Set<Class<?>> texts = new HashSet<>();

	MemberHints(ReflectionHints hints, Class<?> beanType) {
		this.hints = hints;
		this.beanType = beanType;
	}

	/**
	 * Registers a property: its getter, the accessor of a record, or a public field.
	 * @return its type, or {@link ResolvableType#NONE} where there is no such property
	 */
	ResolvableType registerProperty(ResolvableType target, String name) {
		Class<?> type = target.resolve();
		if (type == null) {
			return ResolvableType.NONE;
		}
		String suffix = StringUtils.capitalize(name);
		ResolvableType found = ResolvableType.NONE;
		for (String getter : List.of("get" + suffix, "is" + suffix, name)) {
			ResolvableType returned = registerMethod(target, getter, 0);
			found = (found.resolve() == null) ? returned : found;
		}
		Field field = ReflectionUtils.findField(type, name);
		if (field != null && Modifier.isPublic(field.getModifiers())) {
			this.hints.registerType(type);
			this.hints.registerField(field);
			found = (found.resolve() == null)
					? ResolvableType.forType(field.getGenericType(), target.as(field.getDeclaringClass())) : found;
		}
		if (type == CallRoot.class && name.equals("target")) {
			return ResolvableType.forClass(this.beanType);
		}
		return (found.resolve() == null && type == Optional.class) ? registerProperty(target.getGeneric(0), name)
				: found;
	}

	/**
	 * Registers the public methods of a name.
	 * @return what the first of them returns, or {@link ResolvableType#NONE}
	 */
	ResolvableType registerMethod(ResolvableType target, String name, int arguments) {
		Class<?> type = target.resolve();
		ResolvableType found = ResolvableType.NONE;
		if (type == null) {
			return found;
		}
		for (Method method : type.getMethods()) {
			if (method.getName().equals(name) && (method.getParameterCount() == arguments || method.isVarArgs())
					&& method.getReturnType() != void.class && !method.isBridge()) {
				this.hints.registerType(type);
				this.hints.registerMethod(method, ExecutableMode.INVOKE);
				this.hints.registerMethod(ClassUtils.getPubliclyAccessibleMethodIfPossible(method, type),
						ExecutableMode.INVOKE);
				found = (found.resolve() == null)
						? ResolvableType.forType(method.getGenericReturnType(), target.as(method.getDeclaringClass()))
						: found;
			}
		}
		return found;
	}

	void registerConstructors(ResolvableType made, int arguments) {
		Class<?> type = made.resolve();
		if (type != null) {
			for (Constructor<?> constructor : type.getConstructors()) {
				if (constructor.getParameterCount() == arguments || constructor.isVarArgs()) {
					this.hints.registerConstructor(constructor, ExecutableMode.INVOKE);
				}
			}
		}
	}

	/**
	 * Registers what is looked at to know that the text of a value is the same in every
	 * process: whether it has a {@code toString()}, and the components of a record.
	 */
	void registerText(ResolvableType value) {
		ResolvableType element = element(value);
		Class<?> type = ((element.resolve() != null) ? element : value).resolve();
		if (type == null || KeyValue.isKnown(type) || !this.texts.add(type)) {
			return;
		}
		this.hints.registerType(type);
		if (type.isRecord()) {
			for (RecordComponent component : type.getRecordComponents()) {
				this.hints.registerMethod(component.getAccessor(), ExecutableMode.INVOKE);
				registerText(ResolvableType.forClass(component.getType()));
			}
		}
	}

	/** What a projection or a selection goes through. */
	static ResolvableType element(ResolvableType target) {
		if (target.isArray()) {
			return target.getComponentType();
		}
		ResolvableType map = target.as(Map.class);
		if (map.resolve() != null) {
			return ResolvableType.forClassWithGenerics(Map.Entry.class, map.getGenerics());
		}
		return target.as(Iterable.class).getGeneric(0);
	}

	/** What an index gives. */
	static ResolvableType indexed(ResolvableType target) {
		ResolvableType map = target.as(Map.class);
		return (map.resolve() != null) ? map.getGeneric(1) : element(target);
	}

}
