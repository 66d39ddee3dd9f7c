package io.coordination.redis;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a native image is told of locks in Redis.
 */
class RedisLockHintsTests {

	private final RuntimeHints hints = new RuntimeHints();

	RedisLockHintsTests() {
		new RedisLockHints().registerHints(this.hints, getClass().getClassLoader());
	}

	@ParameterizedTest
	@ValueSource(strings = { "lock", "acquire", "rotate", "release", "withdraw", "renew" })
	void scriptsAreInTheImage(String script) {
		assertThat(RuntimeHintsPredicates.resource().forResource("io/coordination/redis/" + script + ".lua"))
			.accepts(this.hints);
	}

	@Test
	void theServerOfAConnectionFactoryCanBeTold() {
		assertThat(RuntimeHintsPredicates.reflection().onFieldAccess(LettuceConnectionFactory.class, "configuration"))
			.accepts(this.hints);
	}

	@Test
	void theyComeWithTheLocks() {
		ImportRuntimeHints imported = RedisLockAutoConfiguration.class.getAnnotation(ImportRuntimeHints.class);
		assertThat(imported.value()).contains(RedisLockHints.class);
	}

}
