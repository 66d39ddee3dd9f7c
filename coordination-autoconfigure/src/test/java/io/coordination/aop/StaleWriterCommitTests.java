package io.coordination.aop;

import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A holder that was paused, for example by its garbage collector, until another got the
 * lock must not commit what it read before: neither in a transaction of its own nor in
 * that of its caller.
 * <p>
 * Naive: a lock with a lease that nobody asks about any more, as in all other starters.
 * That is {@code verify-before-commit=false}: the loss is told after the commit.
 */
class StaleWriterCommitTests {

	@Test
	void doesNotCommitAfterThePause() {
		run(runner(), (stock, rows, transactions) -> {
			assertThatExceptionOfType(LockLostException.class).isThrownBy(stock::readPauseWrite);
			assertThat(rows.read()).isEqualTo(500);
			stock.readWrite();
			assertThat(rows.read()).isEqualTo(499);
		});
	}

	@Test
	void doesNotCommitTheTransactionOfItsCallerEither() {
		run(runner(), (stock, rows, transactions) -> {
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((status) -> {
					int quantity = stock.read();
					stock.pause();
					rows.write(quantity - 1);
				}));
			assertThat(rows.read()).isEqualTo(500);
			transactions.executeWithoutResult((status) -> rows.write(stock.read() - 1));
			assertThat(rows.read()).isEqualTo(499);
		});
	}

	@Test
	void naivelyItOverwritesWhatTheNextHolderWrote() {
		run(runner().withPropertyValues("coordination.lock.transaction.verify-before-commit=false"),
				(stock, rows, transactions) -> {
					assertThatExceptionOfType(LockLostException.class).isThrownBy(stock::readPauseWrite);
					assertThat(rows.read()).isEqualTo(999);
				});
	}

	private static ApplicationContextRunner runner() {
		return StockRows.runner("pause").withBean(Stock.class);
	}

	private static void run(ApplicationContextRunner runner, Visit visit) {
		runner.run((context) -> visit.run(context.getBean(Stock.class), context.getBean(StockRows.class),
				context.getBean(TransactionTemplate.class)));
	}

	/**
	 * What to do with the stock.
	 */
	interface Visit {

		void run(Stock stock, StockRows rows, TransactionTemplate transactions);

	}

	static class Stock {

		private final StockRows rows;

		private final LockTestSupport locks;

		Stock(StockRows rows, LockTestSupport locks) {
			this.rows = rows;
			this.locks = locks;
		}

		@Transactional
		@DistributedLock("stock")
		public void readPauseWrite() {
			int quantity = this.rows.read();
			pause();
			this.rows.write(quantity - 1);
		}

		@Transactional
		@DistributedLock("stock")
		public void readWrite() {
			this.rows.write(this.rows.read() - 1);
		}

		@DistributedLock("stock")
		public int read() {
			return this.rows.read();
		}

		/**
		 * As long as it takes another to get the lock and to commit 500.
		 */
		public void pause() {
			assertThat(this.locks.loseAll()).contains("stock");
			Thread next = new Thread(() -> {
				try (LockHandle lock = this.locks.holdElsewhere("stock")) {
					assertThat(lock.fencingToken()).isPositive();
					this.rows.write(500);
				}
			});
			next.start();
			try {
				next.join();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
