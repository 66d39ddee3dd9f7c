package io.coordination.aop;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What the locks of a method are counted under: the name that its annotation gives them,
 * and the method where that gives none. Never a key.
 *
 * @param common the label of all locks, or {@code null} if the annotations of the method
 * have different ones
 * @param byName where they have, the label of each annotation by what the names of its
 * locks have in common
 */
record LockLabels(@Nullable String common, Map<String, String> byName) {

	/**
	 * The labels of some annotations.
	 * @param byName the label of each by what the names of its locks have in common
	 */
	static LockLabels of(Map<String, String> byName) {
		List<String> different = byName.values().stream().distinct().toList();
		return (different.size() == 1) ? new LockLabels(different.get(0), Map.of())
				: new LockLabels(null, Map.copyOf(byName));
	}

	/**
	 * The labels of locks that have one of their own.
	 * @param names the names of the locks
	 */
	Map<String, String> of(List<String> names) {
		if (this.byName.isEmpty()) {
			return this.byName;
		}
		Map<String, String> found = new HashMap<>();
		this.byName.forEach((name, label) -> names.stream()
			.filter((lock) -> MethodKeys.belongs(lock, name))
			.forEach((lock) -> found.put(lock, label)));
		return found;
	}

}
