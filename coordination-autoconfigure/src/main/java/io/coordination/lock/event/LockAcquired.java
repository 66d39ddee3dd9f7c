package io.coordination.lock.event;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A lock was acquired.
 *
 * @param name the name of the lock
 * @param label the label under which the lock is counted, or {@code null} if it has none
 * @param fencingToken the token of the new holder
 * @param waited how long it took
 * @param handedOver whether it came from another caller of the same process, without a
 * request to the store
 */
public record LockAcquired(String name, @Nullable String label, long fencingToken, Duration waited,
		boolean handedOver) implements LockEvent {

}
