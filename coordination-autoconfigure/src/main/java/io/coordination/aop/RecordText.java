package io.coordination.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Collection;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;

import org.jspecify.annotations.Nullable;
import org.springframework.util.ReflectionUtils;

/**
 * Finds in records what gives them another text in every process: arrays, dates of old,
 * whose text depends on the time zone, addresses, whose text depends on what was looked
 * up, sets and maps without an order, and what has no text of its own. Looks into records
 * and collections inside of records too, but not into those that have written their
 * {@code toString()} themselves.
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
			found = unstable(accessor.trySetAccessible() ? ReflectionUtils.invokeMethod(accessor, value) : null);
			if (found != null) {
				return found;
			}
		}
		return null;
	}

	/**
	 * What is unstable of a part of a record: itself, or something in it.
	 */
	private static @Nullable Class<?> unstable(@Nullable Object part) {
		if (part == null) {
			return null;
		}
		if (isUnstable(part.getClass()) || isUnordered(part) || !KeyValue.hasText(part.getClass())) {
			return part.getClass();
		}
		if (part instanceof Optional<?> optional) {
			return unstable(optional.orElse(null));
		}
		if (part instanceof Map<?, ?> map) {
			return first(map.entrySet());
		}
		if (part instanceof Map.Entry<?, ?> entry) {
			return first(Arrays.asList(entry.getKey(), entry.getValue()));
		}
		return (part instanceof Collection<?> several) ? first(several) : unstablePart(part);
	}

	private static @Nullable Class<?> first(Collection<?> several) {
		for (Object one : several) {
			Class<?> found = unstable(one);
			if (found != null) {
				return found;
			}
		}
		return null;
	}

	// Equal ones may have different orders, those of Java another one in every process
	private static boolean isUnordered(Object part) {
		return (part instanceof Set<?> && !(part instanceof SortedSet<?>) && !(part instanceof EnumSet<?>))
				|| (part instanceof Map<?, ?> && !(part instanceof SortedMap<?, ?>)
						&& !(part instanceof EnumMap<?, ?>));
	}

	private static boolean isUnstable(Class<?> type) {
		return type.isArray() || Date.class.isAssignableFrom(type) || Calendar.class.isAssignableFrom(type)
				|| InetAddress.class.isAssignableFrom(type);
	}

	// Compilers make it final, people do not.
	private static boolean hasGeneratedText(Class<?> type) {
		Method toString = type.isRecord() ? ReflectionUtils.findMethod(type, "toString") : null;
		return toString != null && Modifier.isFinal(toString.getModifiers());
	}

}
