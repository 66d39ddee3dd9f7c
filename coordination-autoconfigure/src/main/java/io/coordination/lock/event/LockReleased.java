package io.coordination.lock.event;

import java.time.Duration;

/**
 * A lock was given up by its holder.
 *
 * @param name the name of the lock
 * @param fencingToken the token of the holder
 * @param heldFor how long it was held
 */
public record LockReleased(String name, long fencingToken, Duration heldFor) implements LockEvent {

}
