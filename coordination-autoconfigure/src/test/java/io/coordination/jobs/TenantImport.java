package io.coordination.jobs;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.FencingToken;
import io.coordination.aop.OnLost;
import io.coordination.jdbc.FencingGuard;

/**
 * Work that takes long.
 */
// tag::import[]
@Service
public class TenantImport {

	private final JdbcClient jdbc;

	private final TransactionOperations transactions;

	private final FencingGuard guard;

	TenantImport(JdbcClient jdbc, TransactionOperations transactions, FencingGuard guard) {
		this.jdbc = jdbc;
		this.transactions = transactions;
		this.guard = guard;
	}

	@DistributedLock(name = "import", key = "#tenant", waitTime = "0", onLost = OnLost.INTERRUPT, maxHoldTime = "2h")
	public void importAll(String tenant, Iterable<String> lines, @FencingToken long token) throws InterruptedException {
		for (String line : lines) {
			if (Thread.interrupted()) {
				throw new InterruptedException("The import of " + tenant + " has lost its lock");
			}
			this.transactions.executeWithoutResult((status) -> {
				this.guard.check("import:" + tenant, token);
				this.jdbc.sql("INSERT INTO customer (tenant, name) VALUES (?, ?)").params(tenant, line).update();
			});
		}
	}

}
// end::import[]
