package io.coordination.jobs;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import io.coordination.aop.DistributedLock;

/**
 * Numbers without gaps.
 */
// tag::bills[]
@Service
public class Bills {

	private final JdbcClient jdbc;

	Bills(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@Transactional
	@DistributedLock(name = "bill-number", key = "#org", waitTime = "5s")
	public int issue(String org, String text) {
		int number = 1 + this.jdbc.sql("SELECT COALESCE(MAX(number), 0) FROM bill WHERE org = ?")
			.param(org)
			.query(Integer.class)
			.single();
		this.jdbc.sql("INSERT INTO bill (org, number, text) VALUES (?, ?, ?)").params(org, number, text).update();
		return number;
	}

}
// end::bills[]
