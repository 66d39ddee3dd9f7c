package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendLease;
import io.coordination.lock.event.LockLost;

/**
 * The handle of several locks: as good as its worst member. Released in the reverse order
 * of acquisition; a lost member does not release the others before the owner does.
 */
final class MultiHandle implements LockHandle {

	private final List<LockHandle> members;

	MultiHandle(List<LockHandle> members) {
		this.members = List.copyOf(members);
	}

	List<LockHandle> members() {
		return this.members;
	}

	@Override
	public String name() {
		return String.join(", ", names());
	}

	@Override
	public List<String> names() {
		return this.members.stream().map(LockHandle::name).toList();
	}

	@Override
	public long fencingToken() {
		throw new IllegalStateException(
				"This handle holds several locks (" + name() + "), each with a token of its own: use fencingTokens()");
	}

	@Override
	public Map<String, Long> fencingTokens() {
		Map<String, Long> tokens = new LinkedHashMap<>();
		this.members.forEach((member) -> tokens.put(member.name(), member.fencingToken()));
		return Collections.unmodifiableMap(tokens);
	}

	@Override
	public List<BackendLease> leases() {
		return this.members.stream().flatMap((member) -> member.leases().stream()).toList();
	}

	@Override
	public LockState state() {
		LockState worst = LockState.HELD;
		boolean released = false;
		for (LockHandle member : this.members) {
			LockState state = member.state();
			released |= state == LockState.RELEASED;
			worst = (state != LockState.RELEASED && state.compareTo(worst) > 0) ? state : worst;
		}
		return (released && worst != LockState.LOST) ? LockState.RELEASED : worst;
	}

	@Override
	public Duration remainingValidity() {
		return this.members.stream().map(LockHandle::remainingValidity).min(Duration::compareTo).orElseThrow();
	}

	@Override
	public void ensureHeld() {
		this.members.forEach(LockHandle::ensureHeld);
	}

	@Override
	public CompletionStage<Boolean> verify() {
		CompletableFuture<Boolean> all = CompletableFuture.completedFuture(true);
		for (LockHandle member : this.members) {
			all = all.thenCombine(member.verify(), Boolean::logicalAnd);
		}
		return all;
	}

	@Override
	public void onLost(Consumer<LockLost> callback) {
		Objects.requireNonNull(callback, "'callback' must not be null");
		AtomicBoolean told = new AtomicBoolean();
		this.members.forEach((member) -> member.onLost((event) -> {
			if (told.compareAndSet(false, true)) {
				callback.accept(event);
			}
		}));
	}

	/**
	 * Retains all members or none.
	 */
	@Override
	public LockHandle retain() {
		List<LockHandle> retained = new ArrayList<>(this.members.size());
		try {
			this.members.forEach((member) -> retained.add(member.retain()));
		}
		catch (LockLostException ex) {
			retained.forEach(LockHandle::releaseAsync);
			throw ex;
		}
		return new MultiHandle(retained);
	}

	@Override
	public boolean release() {
		boolean ours = true;
		LockException failure = null;
		for (int i = this.members.size() - 1; i >= 0; i--) {
			try {
				ours &= this.members.get(i).release();
			}
			catch (LockException ex) {
				failure = joined(failure, ex);
			}
		}
		if (failure != null) {
			throw failure;
		}
		return ours;
	}

	@Override
	public CompletionStage<Boolean> releaseAsync() {
		CompletableFuture<Boolean> all = CompletableFuture.completedFuture(true);
		for (int i = this.members.size() - 1; i >= 0; i--) {
			all = all.thenCombine(this.members.get(i).releaseAsync(), Boolean::logicalAnd);
		}
		return all;
	}

	@Override
	public void close() {
		for (int i = this.members.size() - 1; i >= 0; i--) {
			this.members.get(i).close();
		}
	}

	@Override
	public String toString() {
		return "Locks " + this.members;
	}

	private static LockException joined(@Nullable LockException first, LockException next) {
		if (first == null) {
			return next;
		}
		first.addSuppressed(next);
		return first;
	}

}
