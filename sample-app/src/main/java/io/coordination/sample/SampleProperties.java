package io.coordination.sample;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * What can be set about the sample.
 *
 * @param directory the directory that all instances share
 * @param database the path of the database, without its ending
 * @param existingRedisPort the port on which a Redis is looked for before the sample
 * starts one
 * @param redisPort the port of the Redis that the sample starts when there is none
 * @param thinkTime how long a sale takes between reading and writing
 * @param slowThinkTime how long a sale to a slow buyer takes
 * @param patience how long the doors stay closed at most for buyers who do not arrive
 */
@ConfigurationProperties("sample")
record SampleProperties(String directory, String database, int existingRedisPort, int redisPort, Duration thinkTime,
		Duration slowThinkTime, Duration patience) {

}
