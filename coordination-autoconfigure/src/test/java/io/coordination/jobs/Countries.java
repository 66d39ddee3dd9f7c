package io.coordination.jobs;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

import io.coordination.aop.DistributedLock;

/**
 * Work at the start of every instance.
 */
// tag::countries[]
@Component
public class Countries {

	private final JdbcClient jdbc;

	Countries(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@EventListener(ApplicationReadyEvent.class)
	@Transactional
	@DistributedLock(name = "countries", waitTime = "5m")
	public void load() {
		if (this.jdbc.sql("SELECT COUNT(*) FROM country").query(Integer.class).single() == 0) {
			for (String code : new String[] { "CZ", "DE", "JP" }) {
				this.jdbc.sql("INSERT INTO country (code) VALUES (?)").param(code).update();
			}
		}
	}

}
// end::countries[]
