package io.coordination.memory;

import java.time.Duration;

import io.coordination.backend.LockBackendContract;
import io.coordination.backend.LockBackendFactory;
import io.coordination.backend.ManualTicker;

/**
 * Tests for {@link MemoryLockBackend}, whose clock is moved by hand past the point where
 * {@link System#nanoTime} overflows.
 */
class MemoryLockBackendTests extends LockBackendContract {

	private final ManualTicker ticker = new ManualTicker(Long.MAX_VALUE - Duration.ofMillis(300).toNanos());

	private final MemoryStore store = new MemoryStore(this.ticker);

	@Override
	protected LockBackendFactory newFactory() {
		return new MemoryLockBackendFactory(this.store);
	}

	@Override
	protected void passTime(Duration duration) {
		this.ticker.advance(duration);
	}

}
