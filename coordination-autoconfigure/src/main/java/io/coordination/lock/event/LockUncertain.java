package io.coordination.lock.event;

import java.time.Duration;

/**
 * A held lock was not confirmed by the store for longer than expected. It will be
 * confirmed or lost.
 *
 * @param name the name of the lock
 * @param fencingToken the token of the holder
 * @param remainingValidity how long it is still surely ours
 */
public record LockUncertain(String name, long fencingToken, Duration remainingValidity) implements LockEvent {

}
