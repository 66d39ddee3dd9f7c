package io.coordination.jobs;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import io.coordination.aop.DistributedLock;

/**
 * Work on several things at once.
 */
// tag::transfers[]
@Service
public class Transfers {

	private final JdbcClient jdbc;

	Transfers(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@Transactional
	@DistributedLock(name = "wallet", keys = { "#from", "#to" }, waitTime = "5s")
	public void transfer(long from, long to, int amount) {
		int available = balance(from);
		if (available < amount) {
			throw new IllegalStateException("There are only " + available + " in wallet " + from);
		}
		setBalance(from, available - amount);
		setBalance(to, balance(to) + amount);
	}

	private int balance(long wallet) {
		return this.jdbc.sql("SELECT balance FROM wallet WHERE id = ?").param(wallet).query(Integer.class).single();
	}

	private void setBalance(long wallet, int balance) {
		this.jdbc.sql("UPDATE wallet SET balance = ? WHERE id = ?").params(balance, wallet).update();
	}

}
// end::transfers[]
