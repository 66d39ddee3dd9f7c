/**
 * Distributed locks: {@link io.coordination.lock.LockRegistry} gives them,
 * {@link io.coordination.lock.LockHandle} is one that is held. The engine that stands
 * between the two and the store is package-private beside them.
 */
@NullMarked
package io.coordination.lock;

import org.jspecify.annotations.NullMarked;
