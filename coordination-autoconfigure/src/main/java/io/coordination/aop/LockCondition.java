package io.coordination.aop;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.expression.BeanResolver;

/**
 * Whether a call needs its lock: an expression that gives true or false.
 */
final class LockCondition {

	static final String ATTRIBUTE = "condition";

	private final KeyExpression expression;

	/**
	 * Parses and checks a condition.
	 * @throws InvalidDistributedLockException if it cannot work
	 */
	LockCondition(String where, String text, KeyVariables variables, @Nullable BeanResolver beans) {
		this.expression = new KeyExpression(where, ATTRIBUTE, text, text, variables, beans);
	}

	/**
	 * Whether it looks at the call itself.
	 */
	boolean usesRoot() {
		return this.expression.usesRoot();
	}

	/**
	 * Checks that the beans are there which it asks.
	 * @see KeyExpression#checkBeans(BeanFactory)
	 */
	void checkBeans(BeanFactory factory) {
		this.expression.checkBeans(factory);
	}

	/**
	 * Whether the call needs the lock. What is neither true nor false is an error: it
	 * must not be taken for a call that needs none.
	 * @throws io.coordination.lock.LockKeyException if it cannot be told
	 */
	boolean holds(@Nullable CallRoot root, @Nullable Object[] arguments) {
		Object value = this.expression.value(root, arguments);
		if (value instanceof Boolean holds) {
			return holds;
		}
		throw this.expression.invalid("must be true or false, but is "
				+ ((value != null) ? "of type " + value.getClass().getTypeName() : "null"), null);
	}

}
