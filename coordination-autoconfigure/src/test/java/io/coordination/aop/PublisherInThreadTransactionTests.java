package io.coordination.aop;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionManagerCustomizationAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockRegistry;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Methods that return a publisher, subscribed to by a thread in a transaction of its own.
 * A lock that is released with the subscription is free before the commit of what the
 * thread wrote under it.
 */
class PublisherInThreadTransactionTests {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class,
				DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
				TransactionManagerCustomizationAutoConfiguration.class, LockTransactionAutoConfiguration.class,
				LockTestAutoConfiguration.class))
		.withConfiguration(AutoConfigurations.of(LockedFixture.CONFIGURATION))
		.withPropertyValues("coordination.backend=memory", "spring.datasource.url=jdbc:h2:mem:publishers")
		.withBean(Stock.class);

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void keepsTheLockUntilTheTransactionHasEnded(boolean commit) {
		run(this.runner, (stock, transactions, locks) -> {
			transactions.executeWithoutResult((status) -> {
				stock.one().block(PATIENCE);
				stock.write();
				assertThat(stock.held()).containsExactly("stock");
				stock.many().blockLast(PATIENCE);
				stock.blocking();
				if (!commit) {
					status.setRollbackOnly();
				}
			});
			assertThat(stock.held()).isEmpty();
			assertThat(stock.quantity()).isEqualTo(commit ? 999 : 1000);
		});
	}

	@Test
	void rollsBackWhenTheLockIsLost() {
		run(this.runner, (stock, transactions, locks) -> {
			assertThatExceptionOfType(LockLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((status) -> {
					stock.one().block(PATIENCE);
					stock.write();
					locks.loseAll();
				}));
			assertThat(stock.quantity()).isEqualTo(1000);
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void releasesSoonerWhereItTakesNoPart() {
		run(this.runner, (stock, transactions, locks) -> {
			Mono<String> before = stock.one();
			assertThat(before.block(PATIENCE)).isEqualTo("done");
			assertThat(stock.held()).isEmpty();
		});
	}

	@Test
	void canBeForbidden() {
		run(this.runner.withPropertyValues("coordination.lock.transaction.on-active=fail"),
				(stock, transactions, locks) -> assertThatIllegalStateException()
					.isThrownBy(() -> transactions.execute((status) -> stock.one().block(PATIENCE)))
					.withMessageContaining("acquires its lock inside of a transaction"));
	}

	private static void run(ApplicationContextRunner runner, Visit visit) {
		runner.run((context) -> {
			Stock stock = context.getBean(Stock.class);
			stock.prepare();
			visit.run(stock, context.getBean(TransactionTemplate.class), context.getBean(LockTestSupport.class));
		});
	}

	/**
	 * What to do with the stock.
	 */
	interface Visit {

		void run(Stock stock, TransactionTemplate transactions, LockTestSupport locks);

	}

	static class Stock {

		private final JdbcTemplate jdbc;

		private final LockRegistry registry;

		Stock(JdbcTemplate jdbc, LockRegistry registry) {
			this.jdbc = jdbc;
			this.registry = registry;
		}

		public void prepare() {
			this.jdbc.execute("drop table if exists stock");
			this.jdbc.execute("create table stock (quantity int)");
			this.jdbc.execute("insert into stock values (1000)");
		}

		public int quantity() {
			Integer quantity = this.jdbc.queryForObject("select quantity from stock", Integer.class);
			return (quantity != null) ? quantity : -1;
		}

		public void write() {
			this.jdbc.update("update stock set quantity = quantity - 1");
		}

		public List<String> held() {
			return this.registry.held().stream().map(HeldLock::name).toList();
		}

		@DistributedLock("stock")
		public Mono<String> one() {
			return Mono.just("done");
		}

		@DistributedLock("stock")
		public Flux<String> many() {
			return Flux.just("a", "b");
		}

		@DistributedLock(name = "stock", waitTime = "0")
		public void blocking() {
		}

	}

}
