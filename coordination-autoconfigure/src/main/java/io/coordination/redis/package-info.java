/**
 * Locks in Redis or Valkey: one server that the application uses already, over
 * connections of the locks' own.
 */
@NullMarked
package io.coordination.redis;

import org.jspecify.annotations.NullMarked;
