package io.coordination.aop;

import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Role;
import org.springframework.transaction.TransactionExecutionListener;

/**
 * Auto-configuration that checks the locks of a call before its transaction is committed.
 */
@AutoConfiguration
@ConditionalOnClass(TransactionExecutionListener.class)
@ConditionalOnProperty(name = "coordination.lock.transaction.verify-before-commit", matchIfMissing = true)
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
public final class LockTransactionAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static CommitCheck coordinationCommitCheck() {
		return new CommitCheck();
	}

}
