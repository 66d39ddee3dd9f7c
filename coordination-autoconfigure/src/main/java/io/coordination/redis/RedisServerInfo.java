package io.coordination.redis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;

/**
 * What a server says of itself, as far as locks care.
 */
final class RedisServerInfo {

	private RedisServerInfo() {
	}

	/**
	 * What a person should know before relying on this server.
	 * @param info the answer to INFO
	 * @return warnings, empty when all is well
	 * @throws BackendException if locks cannot be kept there
	 */
	static Collection<String> check(String info) {
		String version = field(info, "redis_version");
		if (version != null && version.matches("[1-5]\\..*")) {
			throw new BackendException("Redis " + version + " is too old for locks: they need 6.2 or newer", false,
					null);
		}
		if ("slave".equals(field(info, "role"))) {
			throw new BackendException("Redis is a replica of " + field(info, "master_host") + ":"
					+ field(info, "master_port") + ", and locks are written: " + RedisFailures.TO_THE_MASTER, false,
					null);
		}
		List<String> warnings = new ArrayList<>();
		String policy = field(info, "maxmemory_policy");
		if (policy != null && !policy.equals("noeviction")) {
			warnings.add("Redis may evict a held lock: its maxmemory-policy is '" + policy
					+ "'. Use 'noeviction', or a server of its own for locks");
		}
		if (version != null && version.matches("6\\.[01]\\..*")) {
			warnings.add("Redis " + version + " is older than 6.2, the oldest version these locks are tried with");
		}
		return warnings;
	}

	private static @Nullable String field(String info, String name) {
		Matcher field = Pattern.compile("^" + name + ":(.*?)\\r?$", Pattern.MULTILINE).matcher(info);
		return field.find() ? field.group(1) : null;
	}

}
