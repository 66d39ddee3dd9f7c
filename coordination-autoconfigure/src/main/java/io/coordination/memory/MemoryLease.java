package io.coordination.memory;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockKey;
import io.coordination.backend.OwnerId;

/**
 * A grant of a {@link MemoryStore}.
 */
record MemoryLease(LockKey key, OwnerId owner, long revision) implements BackendLease {

}
