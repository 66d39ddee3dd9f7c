/**
 * Locks in Redis or Valkey: the server, the master behind Sentinel or the cluster that
 * the application uses already, over connections of the locks' own.
 */
@NullMarked
package io.coordination.redis;

import org.jspecify.annotations.NullMarked;
