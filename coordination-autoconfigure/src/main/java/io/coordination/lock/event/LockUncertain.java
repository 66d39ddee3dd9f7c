package io.coordination.lock.event;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A held lock was not confirmed by the store for longer than expected. It will be
 * confirmed or lost.
 *
 * @param name the name of the lock
 * @param label the label under which the lock is counted, or {@code null} if it has none
 * @param fencingToken the token of the holder
 * @param remainingValidity how long it is still surely ours
 */
public record LockUncertain(String name, @Nullable String label, long fencingToken,
		Duration remainingValidity) implements LockEvent {

}
