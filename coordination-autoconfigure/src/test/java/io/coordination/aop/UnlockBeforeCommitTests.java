package io.coordination.aop;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The lock must not be free for others before the transaction is committed.
 * <p>
 * Naive: an unlock in the {@code finally} of a {@code @Transactional} method, or an
 * aspect whose order is that of the transaction or below, as most starters and
 * hand-written aspects have it. The next holder then reads what was there before. It is
 * here as {@link Stock#naive()}.
 */
class UnlockBeforeCommitTests {

	@Test
	void aTransactionOfTheMethodIsCommittedBeforeTheLockIsFree() {
		run((stock, transactions) -> {
			stock.deduct();
			assertThat(stock.seen()).containsExactly("before commit: busy", "after commit: busy");
			assertThat(stock.other()).isEqualTo("free with 999");
		});
	}

	@Test
	void aTransactionOfTheCallerIsCommittedBeforeTheLockIsFree() {
		run((stock, transactions) -> {
			transactions.executeWithoutResult((status) -> {
				stock.deduct();
				stock.see("returned");
			});
			assertThat(stock.seen()).containsExactly("returned: busy", "before commit: busy", "after commit: busy");
			assertThat(stock.other()).isEqualTo("free with 999");
		});
	}

	@Test
	void naivelyTheNextHolderReadsWhatWasThereBefore() {
		run((stock, transactions) -> {
			stock.naive();
			assertThat(stock.seen()).containsExactly("before commit: free with 1000", "after commit: free with 999");
		});
	}

	private static void run(Visit visit) {
		StockRows.runner("unlock")
			.withBean(Stock.class)
			.run((context) -> visit.run(context.getBean(Stock.class), context.getBean(TransactionTemplate.class)));
	}

	/**
	 * What to do with the stock.
	 */
	interface Visit {

		void run(Stock stock, TransactionTemplate transactions);

	}

	static class Stock {

		private final List<String> seen = new ArrayList<>();

		private final StockRows rows;

		private final LockRegistry registry;

		private final LockTestSupport locks;

		Stock(StockRows rows, LockRegistry registry, LockTestSupport locks) {
			this.rows = rows;
			this.registry = registry;
			this.locks = locks;
		}

		@Transactional
		@DistributedLock("stock")
		public void deduct() {
			this.rows.write(this.rows.read() - 1);
			observe();
		}

		@Transactional
		public void naive() {
			try (LockHandle lock = this.registry.acquire("stock")) {
				assertThat(lock.fencingToken()).isPositive();
				this.rows.write(this.rows.read() - 1);
				observe();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

		public List<String> seen() {
			return this.seen;
		}

		public void see(String moment) {
			this.seen.add(moment + ": " + other());
		}

		private void observe() {
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public void beforeCommit(boolean readOnly) {
					see("before commit");
				}

				@Override
				public void afterCommit() {
					see("after commit");
				}

			});
		}

		/**
		 * What another process finds.
		 */
		public String other() {
			try (LockHandle other = this.locks.holdElsewhere("stock")) {
				assertThat(other.fencingToken()).isPositive();
				return "free with " + read();
			}
			catch (LockNotAcquiredException ex) {
				return "busy";
			}
		}

		private int read() {
			int[] quantity = new int[1];
			Thread elsewhere = new Thread(() -> quantity[0] = this.rows.read());
			elsewhere.start();
			try {
				elsewhere.join();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			return quantity[0];
		}

	}

}
