package io.coordination.jobs;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.transaction.support.TransactionOperations;

import io.coordination.jobs.Outside.Mailboxes;
import io.coordination.jobs.Outside.PaymentProvider;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.StaleLockException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The jobs of {@code docs/jobs.md} that change a database, each done by two instances at
 * the same time. Without its annotation each of these jobs fails its test.
 */
class DataJobsTests {

	@Test
	void stock() throws Exception {
		try (Instances instances = Instances.of(Stock.class)) {
			instances.database().sql("INSERT INTO stock VALUES (42, 205), (43, 5)").update();
			instances.race(Stock.class, 200, (job, number) -> {
				job.deduct(42, 1);
				return number;
			});
			assertThat(instances.count("SELECT quantity FROM stock WHERE sku = 42")).isEqualTo(5);
			assertThatIllegalStateException().isThrownBy(() -> instances.get(Stock.class).get(0).deduct(42, 6));
			List<Boolean> deducted = instances.race(Stock.class, 20, (job, number) -> job.deductWithoutALock(43, 1));
			assertThat(deducted).filteredOn(Boolean::booleanValue).hasSize(5);
			assertThat(instances.count("SELECT quantity FROM stock WHERE sku = 43")).isZero();
		}
	}

	@Test
	void getOrCreate() throws Exception {
		Queue<String> opened = new ConcurrentLinkedQueue<>();
		Mailboxes mailboxes = opened::add;
		try (Instances instances = Instances.of((context) -> context.registerBean(Mailboxes.class, () -> mailboxes),
				Accounts.class)) {
			List<Long> ids = instances.race(Accounts.class, 100,
					(job, number) -> job.getOrCreate("user" + number % 5 + "@example.com"));
			assertThat(ids).doesNotContainNull();
			assertThat(List.copyOf(opened)).hasSize(5).doesNotHaveDuplicates();
			instances.locks().holdElsewhere("account", "user0@example.com");
			assertThat(instances.get(Accounts.class).get(0).getOrCreate("user0@example.com")).isEqualTo(ids.get(0));
		}
	}

	@Test
	void doubleSubmit() throws Exception {
		try (Instances instances = Instances.of(Withdrawals.class)) {
			instances.database().sql("INSERT INTO wallet VALUES (1, 100)").update();
			List<Boolean> submitted = instances.race(Withdrawals.class, 20,
					(job, number) -> isDone(LockNotAcquiredException.class, () -> job.submit("form", 1, 10)));
			assertThat(submitted).filteredOn(Boolean::booleanValue).hasSize(1);
			assertThat(instances.count("SELECT balance FROM wallet")).isEqualTo(90);
			assertThatExceptionOfType(LockNotAcquiredException.class)
				.isThrownBy(() -> instances.get(Withdrawals.class).get(0).submit("form", 1, 10))
				.withMessage("This was submitted already");
			List<Boolean> handled = instances.race(Withdrawals.class, 20, (job,
					number) -> isDone(DuplicateKeyException.class, () -> job.handleWithoutALock("message", 1, 10)));
			assertThat(handled).filteredOn(Boolean::booleanValue).hasSize(1);
			assertThat(instances.count("SELECT balance FROM wallet")).isEqualTo(80);
		}
	}

	@Test
	void payment() throws Exception {
		AtomicInteger refunds = new AtomicInteger();
		PaymentProvider provider = (payment, idempotencyKey) -> refunds.incrementAndGet();
		try (Instances instances = Instances
			.of((context) -> context.registerBean(PaymentProvider.class, () -> provider), Refunds.class)) {
			instances.database().sql("INSERT INTO payment VALUES (1, 'PAID'), (2, 'PAID')").update();
			List<String> answers = instances.race(Refunds.class, 20, (job, number) -> job.refund(1, 0));
			assertThat(answers).isSubsetOf("REFUNDED", "IN PROGRESS").contains("REFUNDED");
			assertThat(refunds).hasValue(1);
			instances.overtake("refund:2");
			assertThatExceptionOfType(StaleLockException.class)
				.isThrownBy(() -> instances.get(Refunds.class).get(0).refund(2, 0));
			assertThat(refunds).hasValue(1);
		}
	}

	@Test
	void numbers() throws Exception {
		try (Instances instances = Instances.of(Bills.class)) {
			List<TransactionOperations> transactions = instances.get(TransactionOperations.class);
			List<Integer> numbers = instances.race(Bills.class, 100,
					(job, number) -> (number % 4 < 2) ? job.issue("acme", "bill")
							: transactions.get(number % 2).execute((status) -> job.issue("acme", "bill")));
			assertThat(numbers).containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 100).boxed().toList());
		}
	}

	@Test
	void severalThings() throws Exception {
		try (Instances instances = Instances.of(Transfers.class)) {
			instances.database().sql("INSERT INTO wallet VALUES (1, 1000), (2, 1000), (3, 1000)").update();
			instances.race(Transfers.class, 150, (job, number) -> {
				int from = number / 2 % 3;
				int to = (from + 1 + number % 2) % 3;
				job.transfer(1 + from, 1 + to, number % 7);
				return number;
			});
			assertThat(instances.count("SELECT SUM(balance) FROM wallet")).isEqualTo(3000);
		}
	}

	private static boolean isDone(Class<? extends RuntimeException> duplicate, Runnable work) {
		try {
			work.run();
			return true;
		}
		catch (RuntimeException ex) {
			assertThat(ex).isInstanceOf(duplicate);
			return false;
		}
	}

}
