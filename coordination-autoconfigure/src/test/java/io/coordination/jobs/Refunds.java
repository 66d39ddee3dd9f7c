package io.coordination.jobs;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.FencingToken;
import io.coordination.jdbc.FencingGuard;
import io.coordination.jobs.Outside.PaymentProvider;

/**
 * Money that must not be moved twice.
 */
// tag::refunds[]
@Service
public class Refunds {

	private final JdbcClient jdbc;

	private final FencingGuard guard;

	private final PaymentProvider provider;

	Refunds(JdbcClient jdbc, FencingGuard guard, PaymentProvider provider) {
		this.jdbc = jdbc;
		this.guard = guard;
		this.provider = provider;
	}

	@Transactional
	@DistributedLock(name = "refund", key = "#payment", waitTime = "0", fallbackMethod = "inProgress")
	public String refund(long payment, @FencingToken long token) {
		this.guard.check("refund:" + payment, token);
		String status = this.jdbc.sql("SELECT status FROM payment WHERE id = ?")
			.param(payment)
			.query(String.class)
			.single();
		if (status.equals("PAID")) {
			this.provider.refund(payment, "refund-" + payment);
			this.jdbc.sql("UPDATE payment SET status = 'REFUNDED' WHERE id = ?").param(payment).update();
		}
		return "REFUNDED";
	}

	String inProgress(long payment, long token) {
		return "IN PROGRESS";
	}

}
// end::refunds[]
