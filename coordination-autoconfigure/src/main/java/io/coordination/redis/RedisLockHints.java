package io.coordination.redis;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * What a native image must know of locks in Redis: the scripts, and the field that tells
 * which server a connection factory is for.
 */
final class RedisLockHints implements RuntimeHintsRegistrar {

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		hints.resources().registerPattern("io/coordination/redis/*.lua");
		hints.reflection()
			.registerType(TypeReference.of(LettuceConnectionFactory.class), (type) -> type.withField("configuration"));
	}

}
