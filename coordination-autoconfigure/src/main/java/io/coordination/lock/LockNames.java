package io.coordination.lock;

import org.jspecify.annotations.Nullable;

/**
 * What may be the name of a lock. Everything readable may: unicode, spaces within,
 * slashes, colons, braces. Backends encode what their store cannot take.
 */
final class LockNames {

	static final int MAX_LENGTH = 512;

	private static final int SHOWN = 40;

	private LockNames() {
	}

	static String check(@Nullable String name) {
		return check("The name of a lock", name);
	}

	static String checkNamespace(@Nullable String namespace) {
		return check("The namespace of locks", namespace);
	}

	private static String check(String what, @Nullable String name) {
		if (name == null) {
			throw new LockKeyException(what + " must not be null");
		}
		if (name.isBlank()) {
			throw new LockKeyException(what + " must not be empty or blank: '" + shown(name) + "'");
		}
		if (name.length() > MAX_LENGTH) {
			throw new LockKeyException(what + " must have at most " + MAX_LENGTH + " characters, but has "
					+ name.length() + ": '" + shown(name) + "'. Use a digest of what makes it so long");
		}
		for (int i = 0; i < name.length(); i++) {
			char c = name.charAt(i);
			if (Character.isISOControl(c)) {
				throw new LockKeyException("%s must have no control characters, but has U+%04X at %d: '%s'"
					.formatted(what, (int) c, i, shown(name)));
			}
			if (Character.isSurrogate(c)) {
				if (!Character.isHighSurrogate(c) || i + 1 == name.length()
						|| !Character.isLowSurrogate(name.charAt(i + 1))) {
					throw new LockKeyException("%s must be valid Unicode, but has half a surrogate pair at %d: '%s'"
						.formatted(what, i, shown(name)));
				}
				i++;
			}
		}
		return name;
	}

	private static String shown(String name) {
		StringBuilder shown = new StringBuilder();
		name.codePoints()
			.limit(SHOWN)
			.forEach((c) -> shown.appendCodePoint(
					(Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE) ? '\ufffd' : c));
		return (name.length() > SHOWN) ? shown + "…" : shown.toString();
	}

}
