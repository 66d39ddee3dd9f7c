package io.coordination.lock;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.coordination.backend.BackendTraits.Expiry;

/**
 * Grants whose minimum hold time goes on after their release, in a store that can keep no
 * key taken by nobody: there this process stays the owner for the rest of the time.
 * Nothing has to be renewed for that, as the lease of a {@linkplain Expiry#SESSION
 * session} does not end by its length; when the session ends, so does the lease. Callers
 * of this process seek the lock meanwhile like those of others, and wait in the store's
 * queue.
 * <p>
 * <b>Invariant.</b> A grant in here is released by who takes it out: when its time is
 * over, when the store says that it is not ours any more, or when the registry stops. One
 * that comes in while the registry stops is taken out by that, or by who brought it and
 * looks afterwards; the connection is not closed in between, as a release is expected.
 */
final class KeptGrants {

	private final Engine engine;

	private final Set<Grant> grants = ConcurrentHashMap.newKeySet();

	KeptGrants(Engine engine) {
		this.engine = engine;
	}

	/**
	 * Keeps a grant until its time is over, and tells whether it was still ours.
	 */
	void keep(Grant grant, CompletableFuture<Boolean> answer) {
		this.engine.cleanup().expect();
		long left = grant.keptFor(this.engine.nanoTime()).toNanos();
		this.grants.add(grant);
		Answers.on(this.engine.watchdog().verify(grant), (ours, ex) -> {
			if (ex == null && !Boolean.TRUE.equals(ours)) {
				release(grant);
			}
			this.engine.cleanup().tell(grant, ours, ex, answer);
		});
		this.engine.schedule(() -> release(grant), left);
		if (this.engine.isStopping()) {
			release(grant);
		}
		this.engine.cleanup().expected();
	}

	/**
	 * Releases all of them before their time.
	 */
	void releaseAll() {
		this.grants.forEach(this::release);
	}

	private void release(Grant grant) {
		if (this.grants.remove(grant)) {
			this.engine.cleanup().release(grant);
		}
	}

}
