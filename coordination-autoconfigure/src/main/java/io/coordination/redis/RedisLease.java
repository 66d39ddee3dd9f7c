package io.coordination.redis;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;

/**
 * What Redis granted. The owner in the lock's value is all that is needed to find it
 * again.
 *
 * @param key what is held
 * @param owner who holds it
 * @param revision the revision in the lock's value
 */
record RedisLease(LockKey key, OwnerId owner, long revision) implements BackendLease {

}
