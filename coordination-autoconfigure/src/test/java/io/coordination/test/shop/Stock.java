package io.coordination.test.shop;

import java.util.concurrent.atomic.AtomicInteger;

import io.coordination.aop.DistributedLock;

/**
 * A service whose methods are locked.
 */
public class Stock {

	private final AtomicInteger deducted = new AtomicInteger();

	/**
	 * Deducts one piece, unless somebody else is at it.
	 */
	@DistributedLock(name = "stock", key = "#sku", waitTime = "0")
	public int deduct(long sku) {
		return this.deducted.incrementAndGet();
	}

	/**
	 * Deducts one piece when it is its turn.
	 */
	@DistributedLock(name = "stock", key = "#sku", waitTime = "30s")
	public int deductLater(long sku) {
		return this.deducted.incrementAndGet();
	}

	/**
	 * Does something that takes time.
	 */
	@DistributedLock(name = "stock", key = "#sku", waitTime = "0")
	public void count(long sku, Runnable work) {
		work.run();
	}

	/**
	 * A name that has to be escaped.
	 */
	@DistributedLock(name = "shop:order\\", key = "#size", waitTime = "0")
	public void order(Size size) {
	}

	/**
	 * How many pieces were deducted.
	 */
	public int deducted() {
		return this.deducted.get();
	}

	/** A key that is an enum constant with a text of its own. */
	public enum Size {

		/** The only size. */
		LARGE;

		@Override
		public String toString() {
			return "large";
		}

	}

}
