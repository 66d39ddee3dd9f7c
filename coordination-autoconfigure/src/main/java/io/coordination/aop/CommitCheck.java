package io.coordination.aop;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;

/**
 * Rolls a transaction back whose call has lost its lock: another may hold it by now, and
 * have read what is about to be overwritten. Asks nobody; the locks are judged by the
 * local clock.
 * <p>
 * What is thrown before a commit rolls back, except a {@code TransactionException}, which
 * does neither; {@link io.coordination.lock.LockLostException} is none.
 */
final class CommitCheck implements TransactionExecutionListener, BeanPostProcessor {

	@Override
	public void beforeCommit(TransactionExecution transaction) {
		LockContext.find().ifPresent(LockContext::ensureAllHeld);
	}

	// Spring Boot gives listeners to the managers that it makes itself, and to no other.
	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof ConfigurableTransactionManager manager
				&& !manager.getTransactionExecutionListeners().contains(this)) {
			manager.addListener(this);
		}
		return bean;
	}

}
