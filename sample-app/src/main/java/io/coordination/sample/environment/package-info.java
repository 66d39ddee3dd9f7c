/**
 * What lets the sample run from a fresh clone: a directory for all instances, and a Redis
 * or a ZooKeeper for people who have none.
 */
@NullMarked
package io.coordination.sample.environment;

import org.jspecify.annotations.NullMarked;
