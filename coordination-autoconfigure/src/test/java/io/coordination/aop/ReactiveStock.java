package io.coordination.aop;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

import io.r2dbc.h2.CloseableConnectionFactory;
import io.r2dbc.h2.H2ConnectionFactory;
import io.r2dbc.h2.H2ConnectionOption;
import io.r2dbc.spi.ConnectionFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.ReactiveTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;
import org.springframework.transaction.reactive.TransactionalOperator;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockRegistry;

/**
 * Reactive methods with locks and transactions, of a database that is read and written
 * without locks of its own. Each reads the quantity, writes one less, and does then what
 * it is given, in the transaction.
 */
class ReactiveStock {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final DatabaseClient client;

	private final Rows rows;

	private final TransactionalOperator transactions;

	private final LockRegistry registry;

	private final Queue<String> seen = new ConcurrentLinkedQueue<>();

	ReactiveStock(DatabaseClient client, Rows rows, TransactionalOperator transactions, LockRegistry registry) {
		this.client = client;
		this.rows = rows;
		this.transactions = transactions;
		this.registry = registry;
	}

	public void prepare() {
		this.client.sql("drop table if exists stock")
			.then()
			.then(this.client.sql("create table stock (quantity int)").then())
			.then(this.client.sql("insert into stock values (1000)").then())
			.block(PATIENCE);
	}

	public int quantity() {
		return Objects.requireNonNull(this.client.sql("select quantity from stock")
			.map((row) -> Objects.requireNonNull(row.get(0, Integer.class)))
			.one()
			.block(PATIENCE));
	}

	public List<String> held() {
		return this.registry.held().stream().map(HeldLock::name).sorted().toList();
	}

	public Queue<String> seen() {
		return this.seen;
	}

	public Mono<Void> see(String moment) {
		return Mono.fromRunnable(() -> this.seen.add(moment + " " + held()));
	}

	public Mono<Void> register(TransactionSynchronization synchronization) {
		return TransactionSynchronizationManager.forCurrentTransaction()
			.doOnNext((manager) -> manager.registerSynchronization(synchronization))
			.then();
	}

	public Mono<Void> observe() {
		return register(new Observer());
	}

	@Transactional
	@DistributedLock(name = "stock", waitTime = "30s")
	public Mono<Void> deduct(Mono<Void> after) {
		return this.rows.deduct().then(after);
	}

	@Transactional
	@DistributedLock(name = "stock")
	public Flux<Object> deductMany(Mono<Void> after) {
		return this.rows.deduct().then(after).cast(Object.class).flux();
	}

	@DistributedLock(name = "stock")
	public Mono<Void> deductByOperator(Mono<Void> after) {
		return this.transactions.transactional(this.rows.deduct().then(after));
	}

	@DistributedLock(name = "stock")
	public Mono<Void> deductElsewhere(Mono<Void> after) {
		return this.rows.deduct(after);
	}

	@DistributedLock(name = "stock")
	public Mono<Void> deductLater(Mono<Void> after) {
		return Mono.delay(Duration.ofMillis(1))
			.publishOn(Schedulers.boundedElastic())
			.flatMap((tick) -> this.transactions.transactional(this.rows.deduct().then(after)))
			.contextWrite((context) -> context.put("of", "the user").delete("of").putAllMap(Map.of("in", "a map")))
			.contextWrite(Context.of("other", "entries"));
	}

	@DistributedLock(name = "stock")
	public Mono<Void> deductInACopy(Mono<Void> after) {
		return this.rows.deduct(after)
			.contextWrite((context) -> Context
				.of(context.stream().collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue))));
	}

	@DistributedLock(name = "around")
	public Mono<Void> guarded(Mono<Void> inner) {
		return inner;
	}

	@Transactional
	@DistributedLock(name = "stock", waitTime = "0")
	public Mono<Void> deductAtOnce() {
		return this.rows.deduct();
	}

	@Transactional
	@DistributedLock(name = "stock", release = ReleasePolicy.AFTER_INVOCATION)
	public Mono<Void> deductAndLetGo() {
		return this.rows.deduct();
	}

	@Transactional(propagation = Propagation.REQUIRES_NEW)
	@DistributedLock(name = "stock")
	public Mono<Void> deductInItsOwn(Mono<Void> after) {
		return this.rows.deduct().then(after);
	}

	@Transactional
	@DistributedLock(name = "stock", onLost = OnLost.IGNORE)
	public Mono<Void> deductAllTheSame(Mono<Void> after) {
		return this.rows.deduct().then(after);
	}

	private final class Observer implements TransactionSynchronization, Ordered {

		@Override
		public int getOrder() {
			return 0;
		}

		@Override
		public Mono<Void> beforeCommit(boolean readOnly) {
			return see("before commit");
		}

		@Override
		public Mono<Void> afterCompletion(int status) {
			return see("after completion");
		}

	}

	/**
	 * Without locks.
	 */
	static class Rows {

		private final DatabaseClient client;

		Rows(DatabaseClient client) {
			this.client = client;
		}

		public Mono<Void> deduct() {
			return this.client.sql("select quantity from stock")
				.map((row) -> Objects.requireNonNull(row.get(0, Integer.class)))
				.one()
				.flatMap((quantity) -> this.client.sql("update stock set quantity = " + (quantity - 1)).then());
		}

		@Transactional
		public Mono<Void> deduct(Mono<Void> after) {
			return deduct().then(after);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Database {

		@Bean(destroyMethod = "close")
		CloseableConnectionFactory connectionFactory() {
			return H2ConnectionFactory.inMemory("reactive", "sa", "", Map.of(H2ConnectionOption.DB_CLOSE_DELAY, "-1"));
		}

		@Bean
		R2dbcTransactionManager ownTransactionManager(ConnectionFactory connectionFactory) {
			return new R2dbcTransactionManager(connectionFactory);
		}

		@Bean
		TransactionalOperator transactionalOperator(ReactiveTransactionManager manager) {
			return TransactionalOperator.create(manager);
		}

		@Bean
		DatabaseClient databaseClient(ConnectionFactory connectionFactory) {
			return DatabaseClient.create(connectionFactory);
		}

	}

}
