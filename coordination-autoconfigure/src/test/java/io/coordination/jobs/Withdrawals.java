package io.coordination.jobs;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import io.coordination.aop.Throttle;

/**
 * What arrives twice.
 */
// tag::withdrawals[]
@Service
public class Withdrawals {

	private final JdbcClient jdbc;

	Withdrawals(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@Transactional
	@Throttle(value = "withdrawal", key = "#form", every = "10m", message = "This was submitted already")
	public void submit(String form, long wallet, int amount) {
		withdraw(wallet, amount);
	}

	@Transactional
	public void handleWithoutALock(String message, long wallet, int amount) {
		this.jdbc.sql("INSERT INTO handled (message) VALUES (?)").param(message).update();
		withdraw(wallet, amount);
	}

	private void withdraw(long wallet, int amount) {
		this.jdbc.sql("UPDATE wallet SET balance = balance - ? WHERE id = ?").params(amount, wallet).update();
	}

}
// end::withdrawals[]
