package io.coordination.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;

import io.coordination.lock.LockHandle;
import io.coordination.lock.StaleLockException;

/**
 * Keeps holders of a lock who lost it without knowing from writing to a relational
 * database: {@link #check} compares their fencing token with the largest one seen, in the
 * transaction that writes.
 *
 * <pre class="code">
 * &#64;Transactional
 * &#64;DistributedLock("stock")
 * public void deduct(long skuId, int quantity, &#64;FencingToken long token) {
 *     this.guard.check("stock", token);      // before anything is read
 *     …
 * }
 * </pre>
 *
 * <h2>Why a stale holder cannot slip through</h2>
 *
 * The largest token of a resource is a row of a table of its own. A check is one
 * {@code UPDATE} that raises it, and only if it is not larger already. Whether it raises
 * the number or leaves it as it was, the database then keeps that row locked until the
 * transaction has ended, together with what the transaction wrote. So of two transactions
 * that check the same resource, the second waits in its check for the end of the first.
 * <ul>
 * <li>The newer holder checks first: the stale one waits, then finds the larger token and
 * is refused, having written nothing that stays.</li>
 * <li>The stale holder checks first: nobody has written with a larger token, so for the
 * database it is not stale yet. The newer one waits, and reads and overwrites what was
 * committed.</li>
 * <li>The first one rolls back: its token goes with what it wrote, and the second decides
 * as if it had never been there.</li>
 * </ul>
 * In each case what is committed is in the order of the tokens. What is read
 * <em>before</em> the check is not covered: another holder may change it while the check
 * waits. Therefore check first, and with {@code READ COMMITTED}, the default of most
 * databases. Where a transaction reads from a snapshot, a check that had to wait fails
 * with a {@link ConcurrencyFailureException} (PostgreSQL) or succeeds without a view of
 * what was committed meanwhile (MySQL's {@code REPEATABLE READ}).
 * <p>
 * The first check of a resource inserts its row. When two do so at once, the one that
 * comes too late goes back to a savepoint and updates, so that its transaction goes on
 * also where a failed statement ends it (PostgreSQL).
 * <p>
 * A resource belongs to one lock: tokens of different names, namespaces or stores cannot
 * be compared. Immutable, and safe for use by many threads.
 *
 * @see JpaFencingGuard
 */
public final class FencingGuard {

	/** The name of the table unless another is given. */
	public static final String DEFAULT_TABLE = "coordination_fence";

	private static final int MAX_NAME = 512;

	private static final Pattern TABLE = Pattern
		.compile("[\\p{L}_][\\p{L}\\p{N}_$]*(\\.[\\p{L}_][\\p{L}\\p{N}_$]*){0,2}");

	private final DataSource dataSource;

	private final JdbcTemplate template;

	private final JdbcClient client;

	private final String table;

	private FencingGuard(DataSource dataSource, String table) {
		this.dataSource = dataSource;
		this.template = new JdbcTemplate(dataSource);
		this.client = JdbcClient.create(this.template);
		this.table = table;
	}

	/**
	 * A guard of what is written to a database, with the table {@value #DEFAULT_TABLE}.
	 * @param dataSource where the guarded transactions have their connections from
	 * @return the guard
	 */
	public static FencingGuard of(DataSource dataSource) {
		Objects.requireNonNull(dataSource, "'dataSource' must not be null");
		DataSource target = (dataSource instanceof TransactionAwareDataSourceProxy proxy) ? proxy.getTargetDataSource()
				: dataSource;
		return new FencingGuard(Objects.requireNonNull(target, "'dataSource' must have a target"), DEFAULT_TABLE);
	}

	/**
	 * The same guard with another table. Everybody who writes to the same resources has
	 * to use the same one.
	 * @param table its name, also with a schema; goes into the statements as it is
	 * @return a guard with this table
	 * @throws IllegalArgumentException if it is not the name of a table
	 */
	public FencingGuard withTable(String table) {
		if (!TABLE.matcher(table).matches()) {
			throw new IllegalArgumentException("'table' must be the name of a table, of letters, digits, '_' and '$', "
					+ "such as 'fences' or 'shop.fences': '" + table + "'");
		}
		return new FencingGuard(this.dataSource, table);
	}

	/**
	 * Checks that no larger token was seen, and from now on refuses smaller ones. To be
	 * called in the transaction that writes, before it reads what its writes depend on.
	 * The same token may be checked any number of times. Waits while another transaction
	 * that checked the same resource is under way.
	 * @param resource what is guarded: the name of the lock, or another that stands for
	 * it; at most 512 characters
	 * @param token the fencing token of the lock
	 * @throws StaleLockException if a larger token was seen; nothing was changed, and the
	 * transaction should be rolled back
	 * @throws IllegalStateException if there is no transaction of this database
	 * @throws IllegalArgumentException if the resource has no name or the token is not
	 * positive
	 * @throws org.springframework.dao.DataAccessException if the database fails
	 */
	public void check(String resource, long token) {
		if (resource.isBlank() || resource.length() > MAX_NAME) {
			throw new IllegalArgumentException(
					"'resource' must have 1 to " + MAX_NAME + " characters and not be blank: '" + resource + "'");
		}
		Tokens.requirePositive(token);
		requireTransaction(resource);
		if (raise(resource, token)) {
			return;
		}
		Long seen = seen(resource);
		if (seen != null && seen > token) {
			throw Tokens.stale("'" + resource + "'", token, seen);
		}
		if (seen == null && insert(resource, token)) {
			return;
		}
		// Another one came in between, and the row is there now
		if (!raise(resource, token)) {
			throw refused(resource, token);
		}
	}

	/**
	 * Checks the token of a lock as {@link #check(String, long)} does.
	 * @param resource what is guarded
	 * @param handle the lock, of one name. Its state is not asked for: the database
	 * decides
	 */
	public void check(String resource, LockHandle handle) {
		check(resource, handle.fencingToken());
	}

	/**
	 * Checks the token of each name of a lock as {@link #check(String, long)} does. The
	 * resources are called as the names are.
	 * @param handle a lock, or several
	 */
	public void check(LockHandle handle) {
		// In one order for all, so that no two wait for each other
		for (Map.Entry<String, Long> entry : new TreeMap<>(handle.fencingTokens()).entrySet()) {
			check(entry.getKey(), entry.getValue());
		}
	}

	/**
	 * Judges a conditional update of a row that keeps the fencing token itself. Needs no
	 * table of the guard, and no transaction:
	 *
	 * <pre class="code">
	 * int updated = jdbc.sql("UPDATE stock SET quantity = ?, fence = ? WHERE sku = ? AND fence &lt;= ?")
	 *     .params(quantity, token, sku, token).update();
	 * if (!FencingGuard.isFresh("stock " + sku, token, updated,
	 *         () -&gt; jdbc.sql("SELECT fence FROM stock WHERE sku = ?").param(sku).query(Long.class).optional())) {
	 *     throw new NoSuchSkuException(sku);
	 * }
	 * </pre>
	 * @param row what was to be written, for the message
	 * @param token the fencing token that was written
	 * @param updatedRows how many rows the update has changed
	 * @param fence reads the token that the row has, or nothing if there is no row; asked
	 * only if nothing was changed
	 * @return {@code false} if nothing was changed for another reason: there is no such
	 * row, or it did not meet another condition of the update
	 * @throws StaleLockException if the row has a larger token
	 * @throws IllegalArgumentException if the token is not positive
	 */
	public static boolean isFresh(String row, long token, int updatedRows, Supplier<Optional<Long>> fence) {
		Tokens.requirePositive(token);
		if (updatedRows > 0) {
			return true;
		}
		fence.get().filter((seen) -> seen > token).ifPresent((seen) -> {
			throw Tokens.stale(row, token, seen);
		});
		return false;
	}

	/**
	 * The row has to stay locked until what was written is committed. That takes the
	 * connection of a transaction, not just any transaction.
	 */
	private void requireTransaction(String resource) {
		boolean transactional = Boolean.TRUE.equals(this.template
			.execute((ConnectionCallback<Boolean>) (connection) -> !connection.getAutoCommit() && DataSourceUtils
				.isConnectionTransactional(DataSourceUtils.getTargetConnection(connection), this.dataSource)));
		if (!transactional) {
			throw new IllegalStateException("The fencing token of '" + resource + "' was not checked: there is no "
					+ "transaction of this database on this thread, so others could write between the check and the "
					+ "write. Check it in the transaction that writes, such as in a @Transactional method");
		}
	}

	private boolean raise(String resource, long token) {
		return this.client.sql("UPDATE " + this.table + " SET token = ? WHERE name = ? AND token <= ?")
			.params(token, resource, token)
			.update() > 0;
	}

	private @Nullable Long seen(String resource) {
		return this.client.sql("SELECT token FROM " + this.table + " WHERE name = ?")
			.param(resource)
			.query(Long.class)
			.optional()
			.orElse(null);
	}

	/**
	 * Inserts the first token of a resource.
	 * @return whether it was inserted; else another transaction was faster
	 */
	private boolean insert(String resource, long token) {
		return Boolean.TRUE.equals(this.template.execute((ConnectionCallback<Boolean>) (connection) -> {
			// Never released: not every driver can, and it ends with the transaction
			Savepoint savepoint = savepoint(connection);
			try {
				this.client.sql("INSERT INTO " + this.table + " (name, token) VALUES (?, ?)")
					.params(resource, token)
					.update();
				return true;
			}
			catch (DuplicateKeyException ex) {
				if (savepoint == null) {
					throw ex;
				}
				connection.rollback(savepoint);
				return false;
			}
		}));
	}

	/**
	 * A savepoint, unless there are none, as in a distributed transaction. The one that
	 * loses a race for the first row fails there.
	 */
	private static @Nullable Savepoint savepoint(Connection connection) {
		try {
			return connection.getMetaData().supportsSavepoints() ? connection.setSavepoint() : null;
		}
		catch (SQLException ex) {
			return null;
		}
	}

	/**
	 * There is a row that cannot be raised.
	 */
	private RuntimeException refused(String resource, long token) {
		Long seen = seen(resource);
		if (seen == null) {
			return new ConcurrencyFailureException("The fencing token of '" + resource + "' was not checked: another "
					+ "transaction has checked it for the first time since this one began, whose isolation hides that "
					+ "from it. Run this transaction again");
		}
		// What is read may come from a snapshot of before; what is updated does not
		return Tokens.stale("'" + resource + "'", token, (seen > token) ? seen : null);
	}

}
