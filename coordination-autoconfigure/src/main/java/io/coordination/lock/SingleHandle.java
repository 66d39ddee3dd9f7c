package io.coordination.lock;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.coordination.backend.BackendLease;
import io.coordination.lock.event.LockLost;

/**
 * The handle of one lock: what the owner sees of its {@link Share} of a hold. Each method
 * keeps the handle reachable to its end, as an unreachable handle counts as dropped.
 */
final class SingleHandle implements LockHandle {

	private static final Logger logger = LoggerFactory.getLogger(SingleHandle.class);

	private final Engine engine;

	private final Hold hold;

	private final Share share;

	SingleHandle(Engine engine, Hold hold, ThreadHolds.@Nullable Entry entry, ReferenceQueue<LockHandle> dropped) {
		this.engine = engine;
		this.hold = hold;
		this.share = new Share(engine, hold, entry, this, dropped);
	}

	@Override
	public String name() {
		return this.hold.name();
	}

	@Override
	public List<String> names() {
		return List.of(this.hold.name());
	}

	@Override
	public long fencingToken() {
		return this.hold.token;
	}

	@Override
	public Map<String, Long> fencingTokens() {
		return Map.of(this.hold.name(), this.hold.token);
	}

	@Override
	public List<BackendLease> leases() {
		try {
			return List.of(this.share.lease());
		}
		finally {
			Reference.reachabilityFence(this);
		}
	}

	@Override
	public LockState state() {
		try {
			return this.share.state();
		}
		finally {
			Reference.reachabilityFence(this);
		}
	}

	@Override
	public Duration remainingValidity() {
		try {
			return this.share.remaining();
		}
		finally {
			Reference.reachabilityFence(this);
		}
	}

	@Override
	public void ensureHeld() {
		try {
			this.share.ensureHeld();
		}
		finally {
			Reference.reachabilityFence(this);
		}
	}

	@Override
	public CompletionStage<Boolean> verify() {
		if (state().compareTo(LockState.UNCERTAIN) > 0) {
			return CompletableFuture.completedFuture(false);
		}
		CompletableFuture<Boolean> answer = new CompletableFuture<>();
		Answers.on(this.engine.watchdog().verify(this.hold.grant), (ours, ex) -> this.engine.async(() -> {
			if (ex != null) {
				answer.completeExceptionally(new LockBackendException(
						"Lock '" + name() + "' cannot be verified: " + Failures.backendException(ex).getMessage(), ex));
			}
			else {
				answer.complete(ours && state().compareTo(LockState.UNCERTAIN) <= 0);
			}
		}));
		return answer;
	}

	@Override
	public void onLost(Consumer<LockLost> callback) {
		Objects.requireNonNull(callback, "'callback' must not be null");
		try {
			this.share.onLost(callback);
		}
		finally {
			Reference.reachabilityFence(this);
		}
	}

	@Override
	public LockHandle retain() {
		return retain(null);
	}

	/**
	 * Retains the lock for a thread that enters it.
	 * @param entry the thread's use, which ends with the new handle
	 */
	LockHandle retain(ThreadHolds.@Nullable Entry entry) {
		try {
			return this.share.retain(entry);
		}
		finally {
			Reference.reachabilityFence(this);
		}
	}

	@Override
	public boolean release() {
		try {
			CompletionStage<Boolean> answer = this.share.release(true);
			if (this.engine.settings().asyncRelease()) {
				logFailure(answer);
				return state() == LockState.RELEASED;
			}
			return Released.await(answer, name(), this.engine);
		}
		finally {
			Reference.reachabilityFence(this);
		}
	}

	@Override
	public CompletionStage<Boolean> releaseAsync() {
		try {
			CompletableFuture<Boolean> answer = new CompletableFuture<>();
			Answers.on(this.share.release(true), (ours, ex) -> {
				if (ex != null) {
					this.engine.async(() -> answer.completeExceptionally(ex));
				}
				else {
					this.engine.async(() -> answer.complete(ours));
				}
			});
			return answer;
		}
		finally {
			Reference.reachabilityFence(this);
		}
	}

	@Override
	public void close() {
		try {
			release();
		}
		catch (LockBackendException ex) {
			logger.warn(ex.getMessage());
		}
	}

	private static void logFailure(CompletionStage<Boolean> answer) {
		Answers.on(answer, (ours, ex) -> {
			if (ex != null) {
				logger.warn(ex.getMessage());
			}
		});
	}

	LockLostException lostException() {
		return this.hold.lostException();
	}

	Share share() {
		return this.share;
	}

	@Override
	public String toString() {
		return "Lock '" + name() + "' " + state() + ", token " + fencingToken();
	}

}
