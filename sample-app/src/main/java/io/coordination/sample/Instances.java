package io.coordination.sample;

import java.util.List;
import java.util.Properties;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.boot.context.event.ApplicationReadyEvent;

/**
 * The instances that run on this machine. Each writes into the shared database that it is
 * there.
 */
@Component
class Instances {

	private static final Logger logger = LoggerFactory.getLogger(Instances.class);

	private final InstanceName name;

	private final JdbcClient jdbc;

	private final RedisConnectionFactory redis;

	private volatile boolean closing;

	Instances(InstanceName name, JdbcClient jdbc, RedisConnectionFactory redis) {
		this.name = name;
		this.jdbc = jdbc;
		this.redis = redis;
	}

	@EventListener(ApplicationReadyEvent.class)
	void opened() {
		report();
		logger.info("Ticket shop is open: http://localhost:{}/ (pid {})", this.name, ProcessHandle.current().pid());
	}

	@Scheduled(fixedRate = 1000)
	void report() {
		if (!this.name.isKnown() || this.closing) {
			return;
		}
		try {
			this.jdbc.sql("""
					merge into instance (name, pid, database_host, redis, seen_at) key (name) values (?, ?,
					(select server is null from information_schema.sessions where session_id = session_id()),
					?, current_timestamp)""")
				.params(this.name.toString(), ProcessHandle.current().pid(), redisId())
				.update();
		}
		catch (DataAccessException ex) {
			logger.warn("The shared database does not answer: {}", ex.getMessage());
		}
	}

	/**
	 * What tells the Redis in use from others, whatever address it is reached by.
	 */
	private String redisId() {
		try (RedisConnection connection = this.redis.getConnection()) {
			Properties info = connection.serverCommands().info("server");
			return (info != null) ? info.getProperty("run_id", "unknown") : "unknown";
		}
		catch (DataAccessException ex) {
			logger.warn("Redis does not answer: {}", ex.getMessage());
			return "unknown";
		}
	}

	@EventListener(ContextClosedEvent.class)
	void closing() {
		this.closing = true;
		try {
			this.jdbc.sql("delete from instance where name = ?").param(this.name.toString()).update();
		}
		catch (DataAccessException ex) {
			logger.debug("The shared database is gone already", ex);
		}
	}

	/**
	 * The instances that were there not long ago, in the order of their names.
	 * @return the instances, this one included
	 */
	@SuppressWarnings("NullAway") // a row is never null
	List<Instance> list() {
		return this.jdbc.sql("""
				select name, pid, database_host, redis, datediff(millisecond, seen_at, current_timestamp) silent_for
				from instance where seen_at > dateadd(second, -60, current_timestamp) order by name""")
			.query(Instance.class)
			.list();
	}

	/**
	 * An instance that wrote into the database that it is there.
	 *
	 * @param name its name, which is its port
	 * @param pid its process
	 * @param databaseHost whether the others reach the database through it
	 * @param redis which Redis it uses
	 * @param silentFor for how many milliseconds it has not been heard of
	 */
	record Instance(String name, long pid, boolean databaseHost, String redis, long silentFor) {

		boolean isSilent() {
			return this.silentFor > 5000;
		}

		boolean isAlive() {
			return ProcessHandle.of(this.pid).filter(ProcessHandle::isAlive).isPresent();
		}

	}

}
