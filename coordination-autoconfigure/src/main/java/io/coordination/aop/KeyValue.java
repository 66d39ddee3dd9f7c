package io.coordination.aop;

import java.lang.reflect.Method;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Calendar;
import java.util.Collection;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.BaseStream;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.util.ReflectionUtils;

import io.coordination.lock.LockKeyException;

/**
 * What values are as text, where that is a key or a part of one: the same in every
 * process, or an error.
 */
final class KeyValue {

	private static final ClassValue<Boolean> hasText = new ClassValue<>() {

		@Override
		protected Boolean computeValue(Class<?> type) {
			Method toString = ReflectionUtils.findMethod(type, "toString");
			return toString != null && toString.getDeclaringClass() != Object.class;
		}

	};

	private KeyValue() {
	}

	/**
	 * The text of a value that is a key by itself.
	 * @param invalid makes the exception of a problem
	 * @throws LockKeyException if it cannot be a key
	 */
	static String key(@Nullable Object value, Function<String, LockKeyException> invalid) {
		String key = text(value, invalid);
		if (key.isBlank()) {
			throw invalid.apply("is blank");
		}
		return key;
	}

	/**
	 * The text of a value, which may be a part of a key.
	 * @param invalid makes the exception of a problem
	 * @throws LockKeyException if it has none that is the same in every process
	 */
	static String text(@Nullable Object value, Function<String, LockKeyException> invalid) {
		if (value == null) {
			throw invalid.apply("is null");
		}
		if (value instanceof String text) {
			return text;
		}
		if (value instanceof Enum<?> constant) {
			return constant.name();
		}
		Class<?> type = value.getClass();
		if (isSeveral(value) || value instanceof Map<?, ?> || value instanceof Optional<?>
				|| value instanceof BaseStream<?, ?>) {
			throw invalid.apply("must be a single value, but is of type " + type.getTypeName());
		}
		if (value instanceof InetAddress address) {
			// Its text depends on whether the name was looked up
			return address.getHostAddress();
		}
		Instant instant = instant(value);
		if (instant != null) {
			return instant.toString();
		}
		Class<?> unstable = RecordText.unstablePart(value);
		if (unstable != null) {
			throw invalid.apply("is of type " + type.getTypeName() + ", which has a " + unstable.getTypeName()
					+ ", whose text is another in every process: name the property that identifies it");
		}
		if (!hasText(type)) {
			throw invalid.apply("is of type " + type.getTypeName()
					+ ", which has no toString() of its own: name the property that identifies it");
		}
		return String.valueOf(value.toString());
	}

	/**
	 * Whether values of a type have a text that is not that of {@link Object}.
	 */
	static boolean hasText(Class<?> type) {
		return isKnown(type) || hasText.get(type);
	}

	/**
	 * Whether a type is one of Java's that are written as they are.
	 */
	static boolean isKnown(Class<?> type) {
		return BeanUtils.isSimpleValueType(type) && (type.isPrimitive() || type.isEnum()
				|| type.getClassLoader() == null || type.getName().startsWith("java."));
	}

	/**
	 * Whether a value stands for its elements. A path of files is one value.
	 */
	static boolean isSeveral(Object value) {
		return value.getClass().isArray() || (value instanceof Iterable<?> && !(value instanceof Path));
	}

	/**
	 * Whether no value of a type can be a key by itself.
	 */
	static boolean isNeverSingle(Class<?> type) {
		return type.isArray() || Collection.class.isAssignableFrom(type) || Map.class.isAssignableFrom(type)
				|| type == Optional.class || BaseStream.class.isAssignableFrom(type);
	}

	/**
	 * The moment that a date of old stands for: its text would depend on the time zone.
	 */
	private static @Nullable Instant instant(Object value) {
		if (value instanceof Calendar calendar) {
			return calendar.toInstant();
		}
		try {
			return (value instanceof Date date) ? date.toInstant() : null;
		}
		catch (UnsupportedOperationException ex) {
			// A day or a time of day, as SQL has them: no moment, and no zone in its text
			return null;
		}
	}

}
