package io.coordination.sample;

import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataAccessException;
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

	private final LockStore store;

	private volatile boolean closing;

	Instances(InstanceName name, JdbcClient jdbc, ObjectProvider<LockStore> store) {
		this.name = name;
		this.jdbc = jdbc;
		// Locks in memory are kept by each process
		this.store = store.getIfAvailable(() -> () -> String.valueOf(ProcessHandle.current().pid()));
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
					merge into instance (name, pid, database_host, store, seen_at) key (name) values (?, ?,
					(select server is null from information_schema.sessions where session_id = session_id()),
					?, current_timestamp)""")
				.params(this.name.toString(), ProcessHandle.current().pid(), storeId())
				.update();
		}
		catch (DataAccessException ex) {
			logger.warn("The shared database does not answer: {}", ex.getMessage());
		}
	}

	private String storeId() {
		try {
			return this.store.id();
		}
		catch (DataAccessException ex) {
			logger.warn("The store of the locks does not tell its name: {}", ex.getMessage());
			return LockStore.UNKNOWN;
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
				select name, pid, database_host, store, datediff(millisecond, seen_at, current_timestamp) silent_for
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
	 * @param store which store keeps its locks
	 * @param silentFor for how many milliseconds it has not been heard of
	 */
	record Instance(String name, long pid, boolean databaseHost, String store, long silentFor) {

		boolean isSilent() {
			return this.silentFor > 5000;
		}

		boolean isAlive() {
			return ProcessHandle.of(this.pid).filter(ProcessHandle::isAlive).isPresent();
		}

	}

}
