package io.coordination.autoconfigure;

import java.util.List;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.AotDetector;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.util.ClassUtils;

import io.coordination.backend.LockBackendFactory;

/**
 * Which of the backends that are there keeps the locks: the one that is named, or the
 * only one. Never a guess, since two instances that guess differently share no locks.
 */
final class BackendChoice {

	static final String PROPERTY = "coordination.backend";

	private static final String REDIS = "redis";

	private BackendChoice() {
	}

	/**
	 * Chooses.
	 * @param wanted the name that was configured, or {@code null} if there is none
	 * @param candidates the backends that are there
	 * @return the chosen one
	 * @throws FailureAnalyzedException if there is none, or more than one
	 */
	static LockBackendFactory choose(@Nullable String wanted, List<LockBackendFactory> candidates) {
		String names = candidates.stream().map(LockBackendFactory::id).sorted().collect(Collectors.joining(", "));
		if (wanted != null) {
			return candidates.stream()
				.filter((candidate) -> candidate.id().equals(wanted))
				.findFirst()
				.orElseThrow(() -> unknown(wanted, names));
		}
		if (candidates.size() == 1) {
			return candidates.get(0);
		}
		throw names.isEmpty() ? none() : several(names);
	}

	private static FailureAnalyzedException unknown(String wanted, String names) {
		if (wanted.equals(REDIS) && hasOnlyJedis()) {
			return jedis("'" + PROPERTY + "' is '" + wanted + "', but there is no such lock backend");
		}
		return new FailureAnalyzedException(
				"'" + PROPERTY + "' is '" + wanted + "', but there is no such lock backend"
						+ (names.isEmpty() ? "." : "; there is: " + names + "."),
				"Set '" + PROPERTY + "' to one of the backends (perhaps after adding its client library, "
						+ "such as spring-boot-starter-data-redis for 'redis'), or to 'memory' in a test."
						+ frozen("'" + PROPERTY + "=" + wanted + "'"));
	}

	private static FailureAnalyzedException none() {
		if (hasOnlyJedis()) {
			return jedis("There is no lock backend");
		}
		return new FailureAnalyzedException("There is no lock backend, and locks are never only local.",
				"Add a client library, such as spring-boot-starter-data-redis, or curator-framework and set "
						+ "'coordination.zookeeper.connect-string', or set '" + PROPERTY + "' to 'memory' in a test."
						+ frozen("the backend that it is to have"));
	}

	/**
	 * What to do as well where the beans were chosen by a build.
	 */
	private static String frozen(String choice) {
		return AotDetector.useGeneratedArtifacts()
				? " This application was processed ahead of time, which decided what backends there are: process it "
						+ "again, with " + choice + "."
				: "";
	}

	/**
	 * Whether the application talks to Redis, but not by the client that locks need.
	 */
	private static boolean hasOnlyJedis() {
		return ClassUtils.isPresent("redis.clients.jedis.Jedis", null)
				&& !ClassUtils.isPresent("io.lettuce.core.RedisClient", null);
	}

	private static FailureAnalyzedException jedis(String description) {
		return new FailureAnalyzedException(
				description + ": locks in Redis need Lettuce, and the application has only Jedis.",
				"Add 'io.lettuce:lettuce-core', which Spring Boot then uses instead of Jedis. To keep Jedis for all else, "
						+ "also set 'spring.data.redis.client-type' to 'jedis' and declare a LettuceConnectionFactory "
						+ "that is marked with @CoordinationRedis.");
	}

	private static FailureAnalyzedException several(String names) {
		return new FailureAnalyzedException("There are several lock backends: " + names + ".",
				"Set '" + PROPERTY + "' to one of them.");
	}

}
