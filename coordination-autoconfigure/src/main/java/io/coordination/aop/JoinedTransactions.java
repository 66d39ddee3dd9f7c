package io.coordination.aop;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.Ordered;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.transaction.interceptor.TransactionAttribute;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.coordination.aop.DistributedLockProperties.OnActive;
import io.coordination.lock.LockHandle;

/**
 * Transactions that were begun before a lock is acquired, and that end after the method
 * has returned. The lock is held until they have ended: whoever gets it next sees what
 * they committed.
 * <p>
 * They may have read before, and go on seeing what they saw: at isolation levels from
 * repeatable read on, also what the holder before changed since. That is why this is
 * warned of.
 */
final class JoinedTransactions {

	private static final Logger logger = LoggerFactory.getLogger(DistributedLock.class);

	/** What the transactions know that the present thread has suspended for another. */
	private static final ThreadLocal<List<UntilCompletion>> suspended = new ThreadLocal<>();

	private final Supplier<DistributedLockProperties> properties;

	private final AnnotationTransactionAttributeSource attributes = new AnnotationTransactionAttributeSource(false);

	private final Set<String> warned = ConcurrentHashMap.newKeySet();

	JoinedTransactions(Supplier<DistributedLockProperties> properties) {
		this.properties = properties;
	}

	/**
	 * Whether the present thread is in a transaction that a call takes part in.
	 */
	boolean isJoinedBy(LockCall call) {
		return TransactionSynchronizationManager.isSynchronizationActive()
				&& TransactionSynchronizationManager.isActualTransactionActive() && !hasItsOwn(call);
	}

	/**
	 * Whether the method of a call leaves the transaction around it.
	 */
	boolean hasItsOwn(LockCall call) {
		TransactionAttribute attribute = this.attributes.getTransactionAttribute(call.called(),
				call.target().getClass());
		return attribute != null
				&& (attribute.getPropagationBehavior() == TransactionDefinition.PROPAGATION_REQUIRES_NEW
						|| attribute.getPropagationBehavior() == TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
	}

	/**
	 * Registers a call that goes on after its method has returned with the transaction of
	 * the present thread.
	 * @param around what is {@linkplain #around() around} the call
	 * @return what keeps its locks until the transaction has ended, or {@code null} if
	 * the call takes part in none
	 * @throws IllegalStateException if the properties forbid it
	 */
	@Nullable TransactionLocks join(LockCall call, List<LockCall.Request> requests, @Nullable LockContext around) {
		if (call.method().release() != ReleasePolicy.AFTER_COMPLETION || !isJoinedBy(call)) {
			return null;
		}
		permit(call, requests, around);
		List<TransactionLocks> former = new ArrayList<>();
		for (TransactionSynchronization one : TransactionSynchronizationManager.getSynchronizations()) {
			if (one instanceof UntilCompletion until) {
				former.add(until.detached);
			}
		}
		UntilCompletion until = new UntilCompletion(new TransactionLocks(verifies(call), former));
		TransactionSynchronizationManager.registerSynchronization(until);
		return until.detached;
	}

	/**
	 * The context of the present thread, and in it what its transaction, and those that
	 * it has suspended, keep of calls that were registered by {@link #join}.
	 */
	@Nullable LockContext around() {
		LockContext present = LockContext.find().orElse(null);
		if (!TransactionSynchronizationManager.isSynchronizationActive()) {
			return present;
		}
		List<LockContext.Held> kept = new ArrayList<>();
		List<UntilCompletion> waiting = suspended.get();
		if (waiting != null) {
			waiting.forEach((until) -> kept.addAll(until.detached.kept()));
		}
		for (TransactionSynchronization one : TransactionSynchronizationManager.getSynchronizations()) {
			if (one instanceof UntilCompletion until) {
				kept.addAll(until.detached.kept());
			}
		}
		return LockContext.keptAround(kept, present);
	}

	/**
	 * Acquires the locks of a call for the transaction that is under way.
	 * @throws IllegalStateException if the properties forbid it
	 */
	void hold(LockCall call, List<LockCall.Request> requests) throws InterruptedException {
		LockContext around = around();
		permit(call, requests, around);
		TransactionLocks none = new TransactionLocks(verifies(call), List.of());
		none.settle();
		UntilCompletion until = new UntilCompletion(none);
		try {
			for (LockCall.Request request : requests) {
				until.hold(call, request, around);
			}
			TransactionSynchronizationManager.registerSynchronization(until);
		}
		catch (InterruptedException | RuntimeException ex) {
			until.release();
			throw ex;
		}
	}

	/**
	 * Whether a transaction must not be committed when a lock of the call was lost.
	 */
	boolean verifies(LockCall call) {
		return call.method().onLost() != OnLost.IGNORE && this.properties.get().transaction().verifyBeforeCommit();
	}

	/**
	 * Says what the properties have to say of a call that acquires a lock inside of a
	 * transaction. One that a call around holds is only entered again.
	 * @throws IllegalStateException if they forbid it
	 */
	void permit(LockCall call, List<LockCall.Request> requests, @Nullable LockContext around) {
		OnActive onActive = this.properties.get().transaction().onActive();
		if (onActive == OnActive.ALLOW
				|| (around != null && requests.stream().allMatch((one) -> around.holds(one.registry(), one.names())))) {
			return;
		}
		String where = call.method().where();
		String problem = where
				+ " acquires its lock inside of a transaction, which may have read before and may not see "
				+ "what the holder before committed";
		if (onActive == OnActive.FAIL) {
			throw new IllegalStateException(
					problem + ". Begin the transaction inside of the lock: put @DistributedLock on "
							+ "the method that begins it, or use Propagation.REQUIRES_NEW "
							+ "(coordination.lock.transaction.on-active)");
		}
		if (this.warned.add(where)) {
			logger.warn(
					"{}. It is held until the transaction has ended. Begin the transaction inside of the lock, or set "
							+ "'coordination.lock.transaction.on-active' to 'allow'",
					problem);
		}
	}

	/**
	 * Releases locks when a transaction has ended.
	 */
	private static final class UntilCompletion implements TransactionSynchronization, Ordered {

		private final List<LockHandle> handles = new ArrayList<>(1);

		private final TransactionLocks detached;

		UntilCompletion(TransactionLocks detached) {
			this.detached = detached;
		}

		void hold(LockCall call, LockCall.Request request, @Nullable LockContext around) throws InterruptedException {
			List<String> missing = new ArrayList<>(request.names());
			if (around != null) {
				for (LockHandle handle : around.retain(request.registry(), request.names())) {
					this.handles.add(handle);
					missing.removeAll(handle.names());
				}
			}
			if (!missing.isEmpty()) {
				LockTerms terms = call.method().terms();
				this.handles.add(request.registry().enter(terms.spec(missing, call.left(terms.waitTime()))));
			}
		}

		@Override
		public int getOrder() {
			return Ordered.LOWEST_PRECEDENCE;
		}

		@Override
		public void suspend() {
			List<UntilCompletion> all = suspended.get();
			if (all == null) {
				all = new ArrayList<>(1);
				suspended.set(all);
			}
			all.add(this);
		}

		@Override
		public void resume() {
			List<UntilCompletion> all = suspended.get();
			if (all != null && all.remove(this) && all.isEmpty()) {
				suspended.remove();
			}
		}

		@Override
		public void beforeCommit(boolean readOnly) {
			if (this.detached.verified()) {
				this.handles.forEach(LockHandle::ensureHeld);
			}
			this.detached.ensureHeld();
		}

		@Override
		public void afterCompletion(int status) {
			release();
		}

		void release() {
			for (int i = this.handles.size() - 1; i >= 0; i--) {
				this.handles.get(i).close();
			}
			this.detached.end().join();
		}

	}

}
