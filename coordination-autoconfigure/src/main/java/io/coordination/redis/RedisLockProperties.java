package io.coordination.redis;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of locks in Redis. Where Redis is comes from 'spring.data.redis'.
 *
 * @param commandTimeout Time after which a command without an answer has failed.
 */
@ConfigurationProperties("coordination.redis")
public record RedisLockProperties(@DefaultValue("1s") Duration commandTimeout) {

}
