package io.coordination.lock;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import io.coordination.backend.BackendLease;
import io.coordination.lock.event.LockLost;

/**
 * What an inner, reentrant caller sees of the outer one's handle: everything but the
 * right to release it.
 *
 * @param outer the handle that holds the lock
 */
record InnerHandle(LockHandle outer) implements LockHandle {

	@Override
	public String name() {
		return this.outer.name();
	}

	@Override
	public List<String> names() {
		return this.outer.names();
	}

	@Override
	public long fencingToken() {
		return this.outer.fencingToken();
	}

	@Override
	public Map<String, Long> fencingTokens() {
		return this.outer.fencingTokens();
	}

	@Override
	public List<BackendLease> leases() {
		return this.outer.leases();
	}

	@Override
	public LockState state() {
		return this.outer.state();
	}

	@Override
	public Duration remainingValidity() {
		return this.outer.remainingValidity();
	}

	@Override
	public void ensureHeld() {
		this.outer.ensureHeld();
	}

	@Override
	public CompletionStage<Boolean> verify() {
		return this.outer.verify();
	}

	@Override
	public void onLost(Consumer<LockLost> callback) {
		this.outer.onLost(callback);
	}

	@Override
	public LockHandle retain() {
		return this.outer.retain();
	}

	@Override
	public boolean release() {
		return this.outer.state().compareTo(LockState.UNCERTAIN) <= 0;
	}

	@Override
	public CompletionStage<Boolean> releaseAsync() {
		return CompletableFuture.completedFuture(release());
	}

	@Override
	public void close() {
	}

}
