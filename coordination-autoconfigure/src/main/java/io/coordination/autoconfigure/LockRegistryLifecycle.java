package io.coordination.autoconfigure;

import java.time.Duration;

import org.springframework.context.SmartLifecycle;

import io.coordination.lock.ManagedLockRegistry;

/**
 * Stops the registry after web servers and schedulers, whose work may hold locks, and
 * before the client of the store; and starts it again when the context is resumed.
 */
final class LockRegistryLifecycle implements SmartLifecycle {

	static final int PHASE = Integer.MAX_VALUE / 4;

	private final ManagedLockRegistry registry;

	private final Duration gracePeriod;

	LockRegistryLifecycle(ManagedLockRegistry registry, Duration gracePeriod) {
		this.registry = registry;
		this.gracePeriod = gracePeriod;
	}

	@Override
	public void start() {
		this.registry.start();
	}

	@Override
	public void stop() {
		this.registry.stop(this.gracePeriod);
	}

	@Override
	public void stop(Runnable callback) {
		Thread thread = new Thread(() -> {
			try {
				stop();
			}
			finally {
				callback.run();
			}
		}, "coordination-shutdown");
		thread.start();
	}

	@Override
	public boolean isRunning() {
		return this.registry.isRunning();
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

}
