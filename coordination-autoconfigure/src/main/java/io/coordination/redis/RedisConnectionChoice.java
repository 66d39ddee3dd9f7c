package io.coordination.redis;

import java.util.List;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * Which of the application's connection factories tells locks where Redis is: the one
 * that is marked, or the primary one, or the only one.
 */
final class RedisConnectionChoice {

	private static final String MARK = "@" + CoordinationRedis.class.getSimpleName();

	private RedisConnectionChoice() {
	}

	/**
	 * Chooses.
	 * @param marked those that are marked for locks
	 * @param any all of them
	 * @param names the names of all of them
	 * @return the chosen one
	 * @throws FailureAnalyzedException if that would be a guess, or it is none that locks
	 * can use
	 */
	static LettuceConnectionFactory choose(ObjectProvider<RedisConnectionFactory> marked,
			ObjectProvider<RedisConnectionFactory> any, List<String> names) {
		RedisConnectionFactory chosen = marked.getIfUnique();
		if (chosen == null) {
			if (marked.stream().findAny().isPresent()) {
				throw new FailureAnalyzedException(
						"Several of the Redis connection factories are marked with " + MARK
								+ ", and locks cannot choose: " + String.join(", ", names) + ".",
						"Mark one of them only.");
			}
			chosen = any.getIfUnique();
		}
		if (chosen == null) {
			throw new FailureAnalyzedException("There are several Redis connection factories, and locks cannot choose: "
					+ String.join(", ", names) + ".",
					"Mark one of them with " + MARK + ", at the bean method or class.");
		}
		return usable(chosen);
	}

	private static LettuceConnectionFactory usable(RedisConnectionFactory chosen) {
		if (!(chosen instanceof LettuceConnectionFactory lettuce)) {
			throw new FailureAnalyzedException(
					"Locks need Lettuce, but the Redis connection factory is a " + chosen.getClass().getName() + ".",
					"Add 'io.lettuce:lettuce-core' if it is missing and set 'spring.data.redis.client-type' to 'lettuce', "
							+ "or keep the other client and declare a LettuceConnectionFactory for locks, marked with "
							+ MARK + ".");
		}
		return lettuce;
	}

}
