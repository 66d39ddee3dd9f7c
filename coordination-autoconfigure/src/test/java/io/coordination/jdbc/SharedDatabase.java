package io.coordination.jdbc;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.awaitility.Awaitility;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.jdbcx.JdbcDataSource;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database with the table of the guard and one of its user, and transactions on threads
 * of their own, as other processes have them.
 */
final class SharedDatabase implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private final JdbcConnectionPool pool;

	final JdbcClient jdbc;

	SharedDatabase() {
		JdbcDataSource source = new JdbcDataSource();
		source.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=30000");
		source.setUser("sa");
		this.pool = JdbcConnectionPool.create(source);
		this.jdbc = JdbcClient.create(this.pool);
		new ResourceDatabasePopulator(new ClassPathResource("io/coordination/jdbc/schema.sql")).execute(this.pool);
		this.jdbc.sql("CREATE TABLE stock (sku BIGINT PRIMARY KEY, quantity INT NOT NULL, fence BIGINT NOT NULL)")
			.update();
		this.jdbc.sql("INSERT INTO stock VALUES (42, 100, 0), (43, 100, 0)").update();
	}

	DataSource dataSource() {
		return this.pool;
	}

	void write(int quantity) {
		this.jdbc.sql("UPDATE stock SET quantity = ? WHERE sku = 42").param(quantity).update();
	}

	int quantity() {
		return this.jdbc.sql("SELECT quantity FROM stock WHERE sku = 42").query(Integer.class).single();
	}

	long tokens() {
		return this.jdbc.sql("SELECT COUNT(*) FROM coordination_fence").query(Long.class).single();
	}

	/**
	 * Waits until a session waits for what another has written and not committed: for a
	 * row, or to insert one.
	 */
	void awaitWaiting() {
		Awaitility.await().atMost(PATIENCE).until(() -> this.jdbc.sql("""
				SELECT COUNT(*) FROM information_schema.sessions
				WHERE blocker_id IS NOT NULL OR executing_statement LIKE 'INSERT INTO coordination_fence%'
				""").query(Long.class).single() > 0);
	}

	@Override
	public void close() {
		this.jdbc.sql("SHUTDOWN IMMEDIATELY").update();
		this.pool.dispose();
	}

	/**
	 * A transaction on a thread of its own that stays open after its work until it is
	 * told how to end.
	 */
	static final class Transaction {

		private final CountDownLatch worked = new CountDownLatch(1);

		private final CompletableFuture<Boolean> commit = new CompletableFuture<>();

		private final CompletableFuture<Void> ended;

		Transaction(PlatformTransactionManager manager, Runnable work) {
			this.ended = CompletableFuture
				.runAsync(() -> new TransactionTemplate(manager).executeWithoutResult((status) -> {
					try {
						work.run();
					}
					finally {
						this.worked.countDown();
					}
					if (!this.commit.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join()) {
						status.setRollbackOnly();
					}
				}), (task) -> new Thread(task, "transaction").start());
		}

		/**
		 * Waits until the work is done, or has failed.
		 */
		Transaction worked() throws InterruptedException {
			assertThat(this.worked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			return this;
		}

		boolean isAtWork() {
			return this.worked.getCount() > 0;
		}

		/**
		 * Has the transaction committed as soon as its work is done, without waiting.
		 */
		void commitLater() {
			this.commit.complete(true);
		}

		void commit() throws Throwable {
			end(true);
		}

		void rollBack() throws Throwable {
			end(false);
		}

		/**
		 * Ends the transaction as soon as its work is done.
		 * @throws Throwable what it has failed with
		 */
		private void end(boolean commit) throws Throwable {
			this.commit.complete(commit);
			try {
				this.ended.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
			}
			catch (ExecutionException ex) {
				throw ex.getCause();
			}
		}

	}

}
