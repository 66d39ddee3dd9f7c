package io.coordination.test.shop;

import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;

/**
 * A service that uses the registry.
 */
public class Reports {

	private final LockRegistry locks;

	Reports(LockRegistry locks) {
		this.locks = locks;
	}

	/**
	 * Runs while nobody else writes this report.
	 */
	public void write(String report, Runnable work) throws InterruptedException {
		this.locks.execute(LockSpec.of(report).withoutWaiting(), (lock) -> {
			work.run();
			return null;
		});
	}

}
