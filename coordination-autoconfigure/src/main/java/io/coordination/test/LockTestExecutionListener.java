package io.coordination.test;

import org.springframework.test.context.TestContext;
import org.springframework.test.context.support.AbstractTestExecutionListener;

/**
 * Undoes after each test what it did with {@link LockTestSupport}: after its transaction
 * has ended, and before its context may be closed.
 */
final class LockTestExecutionListener extends AbstractTestExecutionListener {

	/** Between the listeners of dirty contexts, at 3000, and of transactions, at 4000. */
	private static final int ORDER = 3500;

	@Override
	public int getOrder() {
		return ORDER;
	}

	@Override
	public void afterTestMethod(TestContext testContext) {
		reset(testContext);
	}

	@Override
	public void afterTestClass(TestContext testContext) {
		reset(testContext);
	}

	private static void reset(TestContext testContext) {
		if (testContext.hasApplicationContext()) {
			testContext.getApplicationContext()
				.getBeanProvider(LockTestSupport.class)
				.ifAvailable(LockTestSupport::reset);
		}
	}

}
