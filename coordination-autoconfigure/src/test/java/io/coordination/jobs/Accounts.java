package io.coordination.jobs;

import java.util.Optional;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import io.coordination.aop.DistributedLock;
import io.coordination.jobs.Outside.Mailboxes;

/**
 * Get or create.
 */
// tag::accounts[]
@Service
public class Accounts {

	private final JdbcClient jdbc;

	private final Mailboxes mailboxes;

	Accounts(JdbcClient jdbc, Mailboxes mailboxes) {
		this.jdbc = jdbc;
		this.mailboxes = mailboxes;
	}

	@Transactional
	@DistributedLock(name = "account", key = "#email", condition = "#root.target.find(#email).isEmpty()")
	public long getOrCreate(String email) {
		return find(email).orElseGet(() -> create(email));
	}

	public Optional<Long> find(String email) {
		return this.jdbc.sql("SELECT id FROM account WHERE email = ?").param(email).query(Long.class).optional();
	}

	private long create(String email) {
		this.mailboxes.open(email);
		this.jdbc.sql("INSERT INTO account (email) VALUES (?)").param(email).update();
		return find(email).orElseThrow();
	}

}
// end::accounts[]
