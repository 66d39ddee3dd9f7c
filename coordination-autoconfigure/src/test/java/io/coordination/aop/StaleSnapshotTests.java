package io.coordination.aop;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * A lock that is acquired inside of a transaction does not show what the holder before
 * committed, where the transaction has read before: nobody may learn that from his data.
 * <p>
 * Naive: an aspect that does not look for a transaction, as all other starters have it:
 * it acquires, reads the snapshot and says nothing. That is {@code on-active=allow}.
 */
@ExtendWith(OutputCaptureExtension.class)
class StaleSnapshotTests {

	private static final String PROPERTY = "coordination.lock.transaction.on-active=";

	private static final String PROBLEM = "Stock.read() acquires its lock inside of a transaction, which may have read "
			+ "before and may not see what the holder before committed";

	@Test
	void isWarnedOf(CapturedOutput output) {
		run("", (stock, transactions) -> {
			assertThat(inASnapshot(transactions, stock, stock::read)).isEqualTo(1000);
			assertThat(output).contains(PROBLEM);
		});
	}

	@Test
	void canBeRefused() {
		run(PROPERTY + "fail",
				(stock, transactions) -> assertThatIllegalStateException()
					.isThrownBy(() -> inASnapshot(transactions, stock, stock::read))
					.withMessageContaining(PROBLEM));
	}

	@Test
	void naivelyItIsReadInSilence(CapturedOutput output) {
		run(PROPERTY + "allow", (stock, transactions) -> {
			assertThat(inASnapshot(transactions, stock, stock::read)).isEqualTo(1000);
			assertThat(output).doesNotContain(PROBLEM);
		});
	}

	@Test
	void aTransactionThatBeginsInsideOfTheLockSeesIt(CapturedOutput output) {
		run(PROPERTY + "fail", (stock, transactions) -> {
			assertThat(inASnapshot(transactions, stock, stock::readAnew)).isEqualTo(500);
			assertThat(stock.read()).isEqualTo(500);
			assertThat(output).doesNotContain(PROBLEM);
		});
	}

	/**
	 * Reads, lets the holder before write, and reads once more.
	 */
	private static int inASnapshot(PlatformTransactionManager manager, Stock stock, Read then) {
		TransactionTemplate transactions = new TransactionTemplate(manager);
		transactions.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
		Integer result = transactions.execute((status) -> {
			assertThat(stock.readUnlocked()).isEqualTo(1000);
			Thread before = new Thread(() -> stock.write(500));
			before.start();
			try {
				before.join();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			return then.read();
		});
		return (result != null) ? result : -1;
	}

	private static void run(String property, Visit visit) {
		StockRows.runner("snapshot")
			.withPropertyValues(property.isEmpty() ? "unused=" : property)
			.withBean(Stock.class)
			.run((context) -> visit.run(context.getBean(Stock.class),
					context.getBean(PlatformTransactionManager.class)));
	}

	/**
	 * How to read.
	 */
	interface Read {

		int read();

	}

	/**
	 * What to do with the stock.
	 */
	interface Visit {

		void run(Stock stock, PlatformTransactionManager transactions);

	}

	static class Stock {

		private final StockRows rows;

		Stock(StockRows rows) {
			this.rows = rows;
		}

		public int readUnlocked() {
			return this.rows.read();
		}

		@DistributedLock("stock")
		public void write(int quantity) {
			this.rows.write(quantity);
		}

		@Transactional
		@DistributedLock("stock")
		public int read() {
			return this.rows.read();
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		@DistributedLock("stock")
		public int readAnew() {
			return this.rows.read();
		}

	}

}
