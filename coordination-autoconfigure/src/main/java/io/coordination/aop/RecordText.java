package io.coordination.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Calendar;
import java.util.Date;
import java.util.HashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.springframework.util.ReflectionUtils;

/**
 * Finds in records what gives them another text in every process: arrays, and dates of
 * old, whose text depends on the time zone. Looks into records inside of records too, but
 * not into those that have written their {@code toString()} themselves.
 */
final class RecordText {

	private RecordText() {
	}

	/**
	 * What all records of a type have.
	 * @return the type of the part, or {@code null} if there is none, or no record
	 */
	static @Nullable Class<?> unstablePart(Class<?> type) {
		return type.isRecord() ? unstablePart(type, new HashSet<>()) : null;
	}

	private static @Nullable Class<?> unstablePart(Class<?> type, Set<Class<?>> seen) {
		if (!hasGeneratedText(type) || !seen.add(type)) {
			return null;
		}
		for (RecordComponent component : type.getRecordComponents()) {
			Class<?> part = component.getType();
			Class<?> found = isUnstable(part) ? part : unstablePart(part, seen);
			if (found != null) {
				return found;
			}
		}
		return null;
	}

	/**
	 * What one record has, also where the type does not tell.
	 * @return the type of the part, or {@code null} if there is none, or no record
	 */
	static @Nullable Class<?> unstablePart(Object value) {
		Class<?> type = value.getClass();
		Class<?> found = unstablePart(type);
		if (found != null || !hasGeneratedText(type)) {
			return found;
		}
		for (RecordComponent component : type.getRecordComponents()) {
			Method accessor = component.getAccessor();
			Object part = accessor.trySetAccessible() ? ReflectionUtils.invokeMethod(accessor, value) : null;
			if (part != null) {
				found = isUnstable(part.getClass()) ? part.getClass() : unstablePart(part);
				if (found != null) {
					return found;
				}
			}
		}
		return null;
	}

	private static boolean isUnstable(Class<?> type) {
		return type.isArray() || Date.class.isAssignableFrom(type) || Calendar.class.isAssignableFrom(type);
	}

	// Compilers make it final, people do not.
	private static boolean hasGeneratedText(Class<?> type) {
		Method toString = type.isRecord() ? ReflectionUtils.findMethod(type, "toString") : null;
		return toString != null && Modifier.isFinal(toString.getModifiers());
	}

}
