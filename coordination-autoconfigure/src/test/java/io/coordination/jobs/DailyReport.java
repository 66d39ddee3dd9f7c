package io.coordination.jobs;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

import io.coordination.aop.SingleRun;

/**
 * A job that every instance starts.
 */
// tag::report[]
@Component
public class DailyReport {

	private final JdbcClient jdbc;

	DailyReport(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@Scheduled(cron = "0 0 3 * * *")
	@SingleRun(value = "daily-report", minHoldTime = "30s")
	public void write() {
		this.jdbc.sql("INSERT INTO report (written) VALUES (CURRENT_TIMESTAMP)").update();
	}

}
// end::report[]
