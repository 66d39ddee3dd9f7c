package io.coordination.lock;

import java.time.Duration;

/**
 * A lock held through this registry, as seen at one moment. A snapshot, for people.
 *
 * @param name the name of the lock
 * @param fencingToken the token of the present holder; beyond 2<sup>53</sup>, so JSON
 * needs it as a string
 * @param state the state
 * @param owner the readable owner in the store
 * @param heldFor how long the present holder has had it
 * @param remainingValidity how long it is surely ours if nothing is heard from the store
 * any more
 * @param waitersHere how many callers of this process wait for it
 */
public record HeldLock(String name, long fencingToken, LockState state, String owner, Duration heldFor,
		Duration remainingValidity, int waitersHere) {

}
