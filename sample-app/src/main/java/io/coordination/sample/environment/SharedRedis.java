package io.coordination.sample.environment;

import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;

/**
 * The Redis that all instances of the sample on this machine share. The first instance
 * starts it, the others join it, the last one to end stops it; every instance keeps one
 * named connection open, by which the others know that it is there. When the server dies,
 * the instances say so and one of them starts it again.
 */
final class SharedRedis implements DisposableBean {

	private static final Log logger = LogFactory.getLog(SharedRedis.class);

	private static final String NAME = "ticket-shop-";

	private static final Duration START_TIMEOUT = Duration.ofSeconds(15);

	private static final Duration END_TIMEOUT = Duration.ofSeconds(5);

	private final Path directory;

	private final int port;

	private final Duration startTimeout;

	private final StartLock startLock;

	private final String name = NAME + ProcessHandle.current().pid() + "-" + UUID.randomUUID();

	private final RedisClient client = RedisClient.create();

	private final RedisProbe probe = new RedisProbe(this.client);

	private final ExecutorService rescue = Executors.newSingleThreadExecutor((task) -> {
		Thread thread = new Thread(task, "ticket-shop-redis");
		thread.setDaemon(true);
		return thread;
	});

	private volatile boolean closed;

	private volatile @Nullable StatefulRedisConnection<String, String> connection;

	/**
	 * Prepares the shared Redis. Nothing is started yet.
	 * @param directory where the server works; instances with the same directory share it
	 * @param port the port it listens on
	 */
	SharedRedis(Path directory, int port) {
		this(directory, port, START_TIMEOUT);
	}

	SharedRedis(Path directory, int port, Duration startTimeout) {
		this.startTimeout = startTimeout;
		this.directory = directory;
		this.port = port;
		this.startLock = new StartLock(directory, "redis");
	}

	/**
	 * Joins the shared Redis. If there is none, takes the one on another port instead,
	 * and if there is none either, starts it.
	 * @param otherPort the port of a Redis that somebody else runs
	 * @return the port to use
	 */
	int open(int otherPort) {
		return this.startLock.call(() -> {
			if (join()) {
				logger.info("Joined the Redis that another instance started on 127.0.0.1:" + this.port);
				return this.port;
			}
			StatefulRedisConnection<String, String> other = this.probe.connect(otherPort);
			if (other != null) {
				other.close();
				logger.info("Using the Redis that listens on 127.0.0.1:" + otherPort);
				return otherPort;
			}
			start();
			logger.info("No Redis is configured and none listens on 127.0.0.1:" + otherPort
					+ ": started one on 127.0.0.1:" + this.port);
			return this.port;
		});
	}

	private boolean join() {
		StatefulRedisConnection<String, String> joined = this.probe.connect(this.port, this.directory);
		if (joined == null) {
			return false;
		}
		joined.sync().clientSetname(this.name);
		joined.addListener(new RedisConnectionStateListener() {

			@Override
			public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
				rescueLater();
			}

		});
		this.connection = joined;
		return true;
	}

	private void start() {
		RedisServerProcess.start(this.directory, this.port);
		long deadline = System.nanoTime() + this.startTimeout.toNanos();
		while (!join()) {
			if (System.nanoTime() - deadline > 0) {
				throw new IllegalStateException("The Redis of the sample did not start on 127.0.0.1:" + this.port
						+ " within " + this.startTimeout.toSeconds()
						+ "s. If something else listens there, choose another port for all instances with "
						+ "--sample.redis-port, or give them a Redis with --spring.data.redis.url. Its log says: "
						+ RedisServerProcess.log(this.directory));
			}
			LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
		}
	}

	private void rescueLater() {
		if (!this.closed) {
			try {
				this.rescue.execute(this::rescue);
			}
			catch (RejectedExecutionException ex) {
				logger.debug("The shared Redis ended together with this instance");
			}
		}
	}

	private void rescue() {
		// A server that is stopped together with this instance is not missed
		LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
		if (this.closed) {
			return;
		}
		logger.warn("The Redis that the instances share on 127.0.0.1:" + this.port
				+ " has ended, and with it the locks it held. Starting it again");
		try {
			boolean joined = this.startLock.call(() -> {
				if (this.closed || join()) {
					return true;
				}
				start();
				return false;
			});
			logger.warn("The shared Redis is back on 127.0.0.1:" + this.port
					+ (joined ? ", started by another instance" : ""));
		}
		catch (RuntimeException ex) {
			logger.error("The shared Redis on 127.0.0.1:" + this.port
					+ " is gone and cannot be started again. No locks can be had: restart the instances", ex);
		}
	}

	/**
	 * Leaves the shared Redis, and stops it if no other instance uses it.
	 */
	@Override
	public void destroy() {
		this.closed = true;
		// A server that is just being started is waited for, and stopped
		this.rescue.shutdown();
		try {
			this.startLock.call(() -> {
				StatefulRedisConnection<String, String> joined = this.connection;
				if (joined != null && joined.isOpen()) {
					leave(joined);
				}
				return true;
			});
		}
		finally {
			this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		}
	}

	/**
	 * Waits until the server has ended: Lettuce sends the request for it without waiting
	 * for anything.
	 */
	private static void awaitEnd(StatefulRedisConnection<String, String> connection) {
		long deadline = System.nanoTime() + END_TIMEOUT.toNanos();
		while (connection.isOpen() && System.nanoTime() - deadline < 0) {
			LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
		}
	}

	private void leave(StatefulRedisConnection<String, String> joined) {
		try {
			boolean shared = joined.sync()
				.clientList()
				.lines()
				.anyMatch((line) -> line.contains(" name=" + NAME) && !line.contains(" name=" + this.name));
			if (!shared) {
				joined.sync().shutdown(false);
				awaitEnd(joined);
				logger.info("Stopped the Redis on 127.0.0.1:" + this.port + ": this was the last instance");
			}
		}
		catch (RedisException ex) {
			logger.debug("The shared Redis was gone before this instance", ex);
		}
	}

}
