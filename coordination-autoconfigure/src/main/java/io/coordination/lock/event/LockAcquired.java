package io.coordination.lock.event;

import java.time.Duration;

/**
 * A lock was acquired.
 *
 * @param name the name of the lock
 * @param fencingToken the token of the new holder
 * @param waited how long it took
 * @param handedOver whether it came from another caller of the same process, without a
 * request to the store
 */
public record LockAcquired(String name, long fencingToken, Duration waited, boolean handedOver) implements LockEvent {

}
