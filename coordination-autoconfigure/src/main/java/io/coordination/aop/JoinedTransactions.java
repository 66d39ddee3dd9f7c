package io.coordination.aop;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

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

	private boolean hasItsOwn(LockCall call) {
		TransactionAttribute attribute = this.attributes.getTransactionAttribute(call.called(),
				call.target().getClass());
		return attribute != null
				&& (attribute.getPropagationBehavior() == TransactionDefinition.PROPAGATION_REQUIRES_NEW
						|| attribute.getPropagationBehavior() == TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
	}

	/**
	 * Acquires the locks of a call for the transaction that is under way.
	 * @throws IllegalStateException if the properties forbid it
	 */
	void hold(LockCall call, List<LockCall.Request> requests) throws InterruptedException {
		permit(call.method().where());
		UntilCompletion until = new UntilCompletion(call.method());
		try {
			for (LockCall.Request request : requests) {
				until.hold(call, request);
			}
			TransactionSynchronizationManager.registerSynchronization(until);
		}
		catch (InterruptedException | RuntimeException ex) {
			until.release();
			throw ex;
		}
	}

	private void permit(String where) {
		OnActive onActive = this.properties.get().transaction().onActive();
		if (onActive == OnActive.ALLOW) {
			return;
		}
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

		private final LockedMethod method;

		private final List<LockHandle> handles = new ArrayList<>(1);

		UntilCompletion(LockedMethod method) {
			this.method = method;
		}

		void hold(LockCall call, LockCall.Request request) throws InterruptedException {
			List<String> missing = new ArrayList<>(request.names());
			List<LockHandle> around = LockContext.find()
				.map((context) -> context.detached(request.registry(), request.names()))
				.orElse(List.of());
			for (LockHandle handle : around) {
				this.handles.add(handle.retain());
				missing.removeAll(handle.names());
			}
			if (!missing.isEmpty()) {
				LockTerms terms = this.method.terms();
				this.handles.add(request.registry().enter(terms.spec(missing, call.left(terms.waitTime()))));
			}
		}

		@Override
		public int getOrder() {
			return Ordered.LOWEST_PRECEDENCE;
		}

		@Override
		public void beforeCommit(boolean readOnly) {
			if (this.method.onLost() != OnLost.IGNORE) {
				this.handles.forEach(LockHandle::ensureHeld);
			}
		}

		@Override
		public void afterCompletion(int status) {
			release();
		}

		void release() {
			for (int i = this.handles.size() - 1; i >= 0; i--) {
				this.handles.get(i).close();
			}
		}

	}

}
