package io.coordination.sample.environment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;

/**
 * The ZooKeeper that all instances of the sample on this machine share. The first
 * instance starts it, the others join it, and it ends after the last one. When the server
 * dies, the instances say so and one of them starts it again, with its data.
 */
final class SharedZookeeper implements DisposableBean {

	private static final Log logger = LogFactory.getLog(SharedZookeeper.class);

	private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

	private static final Duration GLANCE = Duration.ofMillis(50);

	private static final Duration WATCH_INTERVAL = Duration.ofMillis(500);

	private final ZookeeperHome home;

	private final StartLock startLock;

	private final Thread watch = new Thread(this::watch, "ticket-shop-zookeeper");

	private volatile String address = "";

	private volatile boolean closed;

	private volatile @Nullable Presence presence;

	/**
	 * Prepares the shared ZooKeeper. Nothing is started yet.
	 * @param directory where the server works; instances with the same directory share it
	 */
	SharedZookeeper(Path directory) {
		this.home = new ZookeeperHome(directory);
		this.startLock = this.home.startLock();
		this.watch.setDaemon(true);
	}

	/**
	 * Joins the shared ZooKeeper, and starts it if there is none.
	 * @return its address
	 */
	String open() {
		this.address = this.startLock.call(() -> {
			boolean running = isRunning();
			if (!running && !Presence.isAnyAnnounced(this.home.instances())) {
				// What a killed server left behind
				this.home.remove();
			}
			this.presence = Presence
				.announce(this.home.instances().resolve(ProcessHandle.current().pid() + "-" + UUID.randomUUID()));
			String found = running ? awaitAddress(null) : start();
			logger.info(running ? "Joined the ZooKeeper that another instance started on " + found
					: "No ZooKeeper is configured: started one on " + found);
			return found;
		});
		this.watch.start();
		return this.address;
	}

	private boolean isRunning() {
		return Presence.isAnnounced(this.home.server());
	}

	/**
	 * Starts the server, where it was before if there are instances that know it.
	 */
	private String start() {
		try {
			String before = this.address.isEmpty() ? this.home.address() : this.address;
			int port = (before != null) ? Integer.parseInt(before.substring(before.indexOf(':') + 1)) : 0;
			this.home.prepare();
			return awaitAddress(ZookeeperServer.start(this.home, port));
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot start a ZooKeeper in " + this.home.directory()
					+ "; give the sample one with --coordination.zookeeper.connect-string", ex);
		}
	}

	private String awaitAddress(@Nullable Process started) {
		long deadline = System.nanoTime() + ZookeeperServer.START_TIMEOUT.toNanos();
		String address = this.home.address();
		while (address == null) {
			boolean ended = started != null && !started.isAlive();
			if (ended || System.nanoTime() - deadline > 0) {
				if (started != null) {
					started.destroyForcibly();
				}
				throw new IllegalStateException("The ZooKeeper of the sample "
						+ (ended ? "ended at once"
								: "did not start within " + ZookeeperServer.START_TIMEOUT.toSeconds() + "s")
						+ ". Give the sample one with --coordination.zookeeper.connect-string. Its log says: "
						+ this.home.logged());
			}
			LockSupport.parkNanos(GLANCE.toNanos());
			address = this.home.address();
		}
		return address;
	}

	private void watch() {
		try {
			while (!this.closed) {
				this.startLock.call(this::rescue);
				LockSupport.parkNanos(WATCH_INTERVAL.toNanos());
			}
		}
		catch (RuntimeException ex) {
			logger.error("The shared ZooKeeper on " + this.address
					+ " is gone and cannot be started again. No locks can be had: restart the instances", ex);
		}
	}

	private boolean rescue() {
		if (this.closed || isRunning()) {
			return false;
		}
		logger.warn("The ZooKeeper that the instances share on " + this.address + " has ended. Starting it again");
		logger.warn("The shared ZooKeeper is back on " + start());
		return true;
	}

	/**
	 * Leaves the shared ZooKeeper, and waits for its end if no other instance uses it.
	 */
	@Override
	public void destroy() {
		this.closed = true;
		LockSupport.unpark(this.watch);
		boolean ending = this.startLock.call(() -> {
			Presence announced = this.presence;
			if (announced == null) {
				return false;
			}
			announced.close();
			return isEnding();
		});
		if (ending) {
			awaitEnd();
		}
	}

	private boolean isEnding() {
		return isRunning() && !Presence.isAnyAnnounced(this.home.instances());
	}

	private void awaitEnd() {
		long deadline = System.nanoTime() + END_TIMEOUT.toNanos();
		while (this.startLock.call(this::isEnding)) {
			if (System.nanoTime() - deadline > 0) {
				logger.warn(
						"The ZooKeeper on " + this.address + " has not ended within " + END_TIMEOUT.toSeconds() + "s");
				return;
			}
			LockSupport.parkNanos(GLANCE.toNanos());
		}
		logger.info("Stopped the ZooKeeper on " + this.address + ": this was the last instance");
	}

}
