package io.coordination.lock.event;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A lock was given up by its holder.
 *
 * @param name the name of the lock
 * @param label the label under which the lock is counted, or {@code null} if it has none
 * @param fencingToken the token of the holder
 * @param heldFor how long it was held
 */
public record LockReleased(String name, @Nullable String label, long fencingToken,
		Duration heldFor) implements LockEvent {

}
