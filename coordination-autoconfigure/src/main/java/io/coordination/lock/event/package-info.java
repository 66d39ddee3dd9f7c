/**
 * What happened to a lock, as values.
 */
@NullMarked
package io.coordination.lock.event;

import org.jspecify.annotations.NullMarked;
