package io.coordination.redis;

import java.util.Map;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.annotation.Bean;
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
@EnableConfigurationProperties(RedisLockProperties.class)
public final class RedisLockAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	RedisLockBackendFactory coordinationRedisLockBackendFactory(RedisLockProperties properties,
			ListableBeanFactory beanFactory, @CoordinationRedis ObjectProvider<RedisConnectionFactory> marked,
			ObjectProvider<RedisConnectionFactory> any) {
		RedisConnectionFactory chosen = marked.getIfUnique();
		if (chosen == null) {
			chosen = any.getIfUnique();
		}
		Map<String, RedisConnectionFactory> all = beanFactory.getBeansOfType(RedisConnectionFactory.class);
		if (chosen == null) {
			throw new FailureAnalyzedException(
					"There are several Redis connection factories, and locks cannot choose: " + all.keySet() + ".",
					"Mark one of them with @CoordinationRedis.");
		}
		if (!(chosen instanceof LettuceConnectionFactory lettuce)) {
			throw new FailureAnalyzedException(
					"Locks need Lettuce, but the Redis connection factory is a " + chosen.getClass().getName() + ".",
					"Use Lettuce, or mark a LettuceConnectionFactory for locks with @CoordinationRedis.");
		}
		RedisLockSettings defaults = RedisLockSettings.defaults();
		try {
			return new RedisLockBackendFactory(lettuce,
					new RedisLockSettings(properties.commandTimeout(), defaults.grantLease()));
		}
		catch (IllegalArgumentException ex) {
			throw new FailureAnalyzedException("'coordination.redis.command-timeout' is not right: " + ex.getMessage(),
					"Set it to a duration such as '1s'.", ex);
		}
	}

}
