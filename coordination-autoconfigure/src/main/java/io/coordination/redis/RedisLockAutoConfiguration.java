package io.coordination.redis;

import java.util.List;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.lettuce.core.RedisClient;

/**
 * Auto-configuration of locks in Redis.
 */
@AutoConfiguration(afterName = "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
		beforeName = "io.coordination.autoconfigure.CoordinationAutoConfiguration")
@ConditionalOnClass({ RedisClient.class, LettuceConnectionFactory.class })
@ConditionalOnBean(RedisConnectionFactory.class)
@ImportRuntimeHints(RedisLockHints.class)
@EnableConfigurationProperties(RedisLockProperties.class)
public final class RedisLockAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	RedisLockBackendFactory coordinationRedisLockBackendFactory(RedisLockProperties properties,
			ListableBeanFactory beanFactory, @CoordinationRedis ObjectProvider<RedisConnectionFactory> marked,
			ObjectProvider<RedisConnectionFactory> any) {
		// What cannot be used is in nobody's way before these locks are wanted
		return new RedisLockBackendFactory(
				() -> new RedisLockBackendFactory.Source(
						RedisConnectionChoice.choose(marked, any,
								List.of(beanFactory.getBeanNamesForType(RedisConnectionFactory.class))),
						settings(properties)));
	}

	private static RedisLockSettings settings(RedisLockProperties properties) {
		try {
			return new RedisLockSettings(properties.commandTimeout(), RedisLockSettings.defaults().grantLease());
		}
		catch (IllegalArgumentException ex) {
			throw new FailureAnalyzedException(
					"'coordination.redis.command-timeout' cannot be used: " + ex.getMessage() + ".",
					"Set it to a duration such as '1s'.", ex);
		}
	}

}
