package io.coordination.jobs;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import io.coordination.aop.DistributedLock;

/**
 * Check, then act.
 */
// tag::stock[]
@Service
public class Stock {

	private final JdbcClient jdbc;

	Stock(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@Transactional
	@DistributedLock(name = "stock", key = "#sku", waitTime = "5s")
	public void deduct(long sku, int quantity) {
		int left = this.jdbc.sql("SELECT quantity FROM stock WHERE sku = ?").param(sku).query(Integer.class).single();
		if (left < quantity) {
			throw new IllegalStateException("There are only " + left + " pieces of " + sku);
		}
		this.jdbc.sql("UPDATE stock SET quantity = ? WHERE sku = ?").params(left - quantity, sku).update();
	}

	public boolean deductWithoutALock(long sku, int quantity) {
		return this.jdbc.sql("UPDATE stock SET quantity = quantity - ? WHERE sku = ? AND quantity >= ?")
			.params(quantity, sku, quantity)
			.update() == 1;
	}

}
// end::stock[]
