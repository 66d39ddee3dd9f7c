package io.coordination.lock;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import io.coordination.lock.event.LockEvent;

/**
 * What a registry was built with.
 *
 * @param namespace what keeps applications apart that share a store
 * @param waitNanos how long to wait where the spec does not say
 * @param terms the lease and renewal where the spec does not say
 * @param asyncRelease whether a release returns before the store has answered
 * @param handOff whether a lock may pass from caller to caller inside the process
 * @param sliceNanos for how long it may do so before the store's other waiters have their
 * turn
 * @param fencingBase what is added to every revision
 * @param gracePeriod how long holders may finish when the registry stops
 * @param listeners told of every event
 * @param lossListeners told of locks that are lost or uncertain, and of nothing else
 */
record Settings(String namespace, long waitNanos, Terms terms, boolean asyncRelease, boolean handOff, long sliceNanos,
		long fencingBase, Duration gracePeriod, List<Consumer<LockEvent>> listeners,
		List<Consumer<LockEvent>> lossListeners) {

}
