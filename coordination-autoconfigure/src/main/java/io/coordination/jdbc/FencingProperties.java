package io.coordination.jdbc;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of the guard that checks fencing tokens in a database.
 *
 * @param table Table of the largest fencing tokens seen.
 */
@ConfigurationProperties("coordination.fencing")
public record FencingProperties(@DefaultValue(FencingGuard.DEFAULT_TABLE) String table) {

}
