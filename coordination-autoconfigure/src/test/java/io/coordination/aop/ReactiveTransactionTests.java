package io.coordination.aop;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionalOperator;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Locks and reactive transactions of a real database, with a manager that the application
 * defines. Whoever releases the lock with the subscription fails the tests of joined
 * transactions; whoever does not ask for it before the commit fails those of lost locks.
 */
@ExtendWith(OutputCaptureExtension.class)
class ReactiveTransactionTests {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(LockTransactionAutoConfiguration.class, LockTestAutoConfiguration.class))
		.withConfiguration(AutoConfigurations.of(LockedFixture.CONFIGURATION))
		.withUserConfiguration(ReactiveStock.Database.class)
		.withPropertyValues("coordination.backend=memory")
		.withBean(ReactiveStock.class)
		.withBean(ReactiveStock.Rows.class);

	/**
	 * Where the transaction begins.
	 */
	enum Begin {

		ON_THE_METHOD, ON_A_FLUX, IN_THE_BODY, IN_ANOTHER_BEAN, LATER;

		Mono<Void> deduct(ReactiveStock stock, Mono<Void> after) {
			return switch (this) {
				case ON_THE_METHOD -> stock.deduct(after);
				case ON_A_FLUX -> stock.deductMany(after).then();
				case IN_THE_BODY -> stock.deductByOperator(after);
				case IN_ANOTHER_BEAN -> stock.deductElsewhere(after);
				case LATER -> stock.deductLater(after);
			};
		}

	}

	@ParameterizedTest
	@EnumSource(Begin.class)
	void aLockThatWasLostRollsBack(Begin begin) {
		run((stock, transactions, locks) -> {
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> begin.deduct(stock, lose(locks)).block(PATIENCE))
				.isNotInstanceOf(TransactionException.class);
			assertThat(stock.quantity()).isEqualTo(1000);
			begin.deduct(stock, Mono.empty()).block(PATIENCE);
			assertThat(stock.quantity()).isEqualTo(999);
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void aTransactionInACopyOfTheContextIsToBeCheckedByItself() {
		run((stock, transactions, locks) -> {
			Mono<Void> last = ReactiveLockContext.current().doOnNext(LockContext::ensureHeld).then();
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> stock.deductInACopy(lose(locks).then(last)).block(PATIENCE));
			assertThat(stock.quantity()).isEqualTo(1000);
			assertThatExceptionOfType(LockLostException.class).as("not found")
				.isThrownBy(() -> stock.deductInACopy(lose(locks)).block(PATIENCE));
			assertThat(stock.quantity()).isEqualTo(999);
		});
	}

	@Test
	void withoutTheCheckItIsCommitted() {
		run(this.runner.withPropertyValues("coordination.lock.transaction.verify-before-commit=false"),
				(stock, transactions, locks) -> {
					assertThatExceptionOfType(LockLostException.class)
						.isThrownBy(() -> stock.deduct(lose(locks)).block(PATIENCE));
					assertThat(stock.quantity()).isEqualTo(999);
					transactions.transactional(stock.deduct(Mono.empty()).then(lose(locks))).block(PATIENCE);
					assertThat(stock.quantity()).isEqualTo(998);
				});
	}

	@Test
	void aLossThatIsIgnoredIsCommitted() {
		run((stock, transactions, locks) -> {
			stock.deductAllTheSame(lose(locks)).block(PATIENCE);
			assertThat(stock.quantity()).isEqualTo(999);
			transactions.transactional(stock.deductAllTheSame(Mono.empty()).then(lose(locks))).block(PATIENCE);
			assertThat(stock.quantity()).isEqualTo(998);
		});
	}

	@Test
	void theLossOfALockAroundRollsBackToo() {
		run((stock, transactions, locks) -> {
			Mono<Void> inner = stock.deductAllTheSame(lose(locks));
			assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> stock.guarded(inner).block(PATIENCE));
			assertThat(stock.quantity()).isEqualTo(1000);
		});
	}

	@Test
	void aTransactionOfTheMethodIsInsideOfTheLock() {
		run((stock, transactions, locks) -> {
			stock.deduct(stock.observe()).block(PATIENCE);
			assertThat(stock.seen()).containsExactly("before commit [stock]", "after completion [stock]");
			assertThat(stock.held()).isEmpty();
		});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aTransactionAroundKeepsTheLockUntilItHasEnded(boolean commit) {
		run((stock, transactions, locks) -> {
			Mono<Void> work = stock.observe()
				.then(stock.deduct(Mono.empty()))
				.then(stock.see("returned"))
				.then(stock.deduct(Mono.empty()))
				.then(commit ? Mono.empty() : Mono.error(new IllegalStateException("of the caller")));
			Mono<Void> all = transactions.transactional(work);
			if (commit) {
				all.block(PATIENCE);
				assertThat(stock.seen()).containsExactly("returned [stock]", "before commit [stock]",
						"after completion [stock]");
			}
			else {
				assertThatIllegalStateException().isThrownBy(() -> all.block(PATIENCE)).withMessage("of the caller");
				assertThat(stock.seen()).containsExactly("returned [stock]", "after completion [stock]");
			}
			assertThat(stock.held()).isEmpty();
			assertThat(stock.quantity()).isEqualTo(commit ? 998 : 1000);
		});
	}

	@Test
	void aTransactionAroundIsRolledBackWhenTheLockIsLostAfterTheMethod() {
		run((stock, transactions, locks) -> {
			Mono<Void> work = stock.deduct(Mono.empty()).then(lose(locks));
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> transactions.transactional(work).block(PATIENCE));
			assertThat(stock.quantity()).isEqualTo(1000);
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void subscriptionsOfOneTransactionEnterAgainWhatTheFirstGets() {
		run((stock, transactions, locks) -> {
			LockHandle other = locks.holdElsewhere("around");
			Mono<Void> one = stock.guarded(Mono.empty());
			Mono<Void> all = Mono.when(one, one, one, Mono.fromRunnable(other::close)).then(stock.see("all"));
			transactions.transactional(all).block(PATIENCE);
			assertThat(stock.seen()).containsExactly("all [around]");
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void afterInvocationItIsReleasedSooner() {
		run((stock, transactions, locks) -> {
			transactions.transactional(stock.deductAndLetGo().then(stock.see("returned"))).block(PATIENCE);
			assertThat(stock.seen()).containsExactly("returned []");
			assertThat(stock.quantity()).isEqualTo(999);
		});
	}

	@Test
	void aTransactionOfItsOwnIsInsideOfTheLock() {
		run((stock, transactions, locks) -> {
			Mono<Void> work = stock.deductInItsOwn(Mono.empty()).then(stock.see("returned"));
			assertThatIllegalStateException()
				.isThrownBy(() -> transactions.transactional(work.then(Mono.error(new IllegalStateException())))
					.block(PATIENCE));
			assertThat(stock.seen()).containsExactly("returned []");
			assertThat(stock.quantity()).isEqualTo(999);
			AtomicReference<Throwable> failure = new AtomicReference<>();
			transactions.transactional(stock.deductInItsOwn(lose(locks)).onErrorResume((ex) -> {
				failure.set(ex);
				return Mono.empty();
			})).block(PATIENCE);
			assertThat(failure.get()).isInstanceOf(LockLostException.class);
			assertThat(stock.quantity()).isEqualTo(999);
		});
	}

	@Test
	void aBusyLockLeavesNothingToTheTransaction() {
		run((stock, transactions, locks) -> {
			try (LockHandle other = locks.holdElsewhere("stock")) {
				assertThat(other.fencingToken()).isPositive();
				Mono<Void> work = stock.deductAtOnce()
					.onErrorResume(LockNotAcquiredException.class, (busy) -> stock.see("busy"));
				transactions.transactional(work).block(PATIENCE);
			}
			assertThat(stock.seen()).containsExactly("busy []");
			assertThat(stock.quantity()).isEqualTo(1000);
		});
	}

	@Test
	void aSubscriberThatCancelsKeepsTheLockUntilTheRollback() {
		run((stock, transactions, locks) -> {
			Sinks.Empty<Void> completion = Sinks.empty();
			Mono<Void> work = stock.register(new TransactionSynchronization() {

				@Override
				public Mono<Void> beforeCompletion() {
					return completion.asMono();
				}

			}).then(stock.observe()).then(stock.see("waits")).then(Mono.never());
			Disposable subscription = stock.deduct(work).subscribe();
			Awaitility.await().until(() -> stock.seen().contains("waits [stock]"));
			subscription.dispose();
			assertThat(stock.held()).containsExactly("stock");
			completion.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
			Awaitility.await().until(() -> stock.held().isEmpty());
			assertThat(stock.seen()).containsExactly("waits [stock]", "after completion [stock]");
			assertThat(stock.quantity()).isEqualTo(1000);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "own", "joined" })
	void theNextHolderSeesWhatWasCommitted(String kind) {
		run((stock, transactions, locks) -> {
			Mono<Void> one = stock.deduct(Mono.empty());
			Flux.range(0, 60)
				.flatMap((i) -> kind.equals("own") ? one : transactions.transactional(one), 6)
				.blockLast(Duration.ofSeconds(60));
			assertThat(stock.quantity()).isEqualTo(940);
		});
	}

	@Test
	void aLockInsideOfATransactionIsWarnedOfOnce(CapturedOutput output) {
		run((stock, transactions, locks) -> {
			transactions.transactional(stock.deduct(Mono.empty())).block(PATIENCE);
			transactions.transactional(stock.deduct(Mono.empty())).block(PATIENCE);
			assertThat(output.getOut().split("acquires its lock inside of a transaction", -1)).hasSize(2);
			assertThat(stock.quantity()).isEqualTo(998);
		});
	}

	@Test
	void aLockInsideOfATransactionCanBeForbiddenOrAllowed(CapturedOutput output) {
		run(this.runner.withPropertyValues("coordination.lock.transaction.on-active=fail"),
				(stock, transactions, locks) -> {
					Mono<Void> work = stock.deduct(Mono.empty());
					assertThatIllegalStateException().isThrownBy(() -> transactions.transactional(work).block(PATIENCE))
						.withMessageContaining("ReactiveStock.deduct(Mono) acquires its lock inside of a transaction");
					work.block(PATIENCE);
					transactions.transactional(stock.deductInItsOwn(Mono.empty())).block(PATIENCE);
					assertThat(stock.quantity()).isEqualTo(998);
					stock.deductByOperator(stock.deduct(Mono.empty())).block(PATIENCE);
					assertThat(stock.quantity()).as("held before the transaction").isEqualTo(996);
				});
		run(this.runner.withPropertyValues("coordination.lock.transaction.on-active=allow"),
				(stock, transactions, locks) -> {
					transactions.transactional(stock.deduct(Mono.empty())).block(PATIENCE);
					assertThat(output).doesNotContain("acquires its lock inside of a transaction");
				});
	}

	@Test
	void refusesATransactionOutsideOfTheLock() {
		this.runner.withUserConfiguration(TransactionsFirst.class)
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(InvalidDistributedLockException.class)
				.hasMessageContaining("the transaction begins before the lock is acquired and would be committed "
						+ "after the lock is released."));
	}

	private void run(Visit visit) {
		run(this.runner, visit);
	}

	private static void run(ApplicationContextRunner runner, Visit visit) {
		runner.withUserConfiguration(TransactionsInside.class).run((context) -> {
			ReactiveStock stock = context.getBean(ReactiveStock.class);
			stock.prepare();
			visit.run(stock, context.getBean(TransactionalOperator.class), context.getBean(LockTestSupport.class));
		});
	}

	private static Mono<Void> lose(LockTestSupport locks) {
		return Mono.fromRunnable(() -> assertThat(locks.loseAll()).contains("stock"));
	}

	/**
	 * What to do with the stock.
	 */
	interface Visit {

		void run(ReactiveStock stock, TransactionalOperator transactions, LockTestSupport locks);

	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement
	static class TransactionsInside {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement(order = 0)
	static class TransactionsFirst {

	}

}
