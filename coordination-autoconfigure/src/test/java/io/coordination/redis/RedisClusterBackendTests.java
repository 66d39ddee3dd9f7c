package io.coordination.redis;

import java.io.File;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.LockBackendContract;
import io.coordination.backend.LockBackendFactory;

/**
 * The contract on a real Redis Cluster of three masters and three replicas.
 */
class RedisClusterBackendTests extends LockBackendContract {

	private static ClusterServers servers;

	private final List<LettuceConnectionFactory> connections = new CopyOnWriteArrayList<>();

	private boolean paused;

	private boolean stopped;

	/**
	 * No sentence is about a fail-over, and a cluster that was silent for a while shall
	 * not begin one.
	 */
	@BeforeAll
	static void startServers() {
		servers = ClusterServers.start(Duration.ofSeconds(60));
	}

	@AfterAll
	static void stopServers() {
		servers.close();
	}

	@Override
	protected LockBackendFactory newFactory() {
		LettuceConnectionFactory factory = servers.connectionFactory();
		this.connections.add(factory);
		return new RedisLockBackendFactory(factory, RedisLockSettings.defaults());
	}

	@Override
	protected boolean cutOffStore() {
		if (File.separatorChar == '\\') {
			return false;
		}
		servers.pause();
		this.paused = true;
		return true;
	}

	@Override
	protected boolean stopStore() {
		if (File.separatorChar == '\\') {
			return false;
		}
		servers.kill();
		this.stopped = true;
		return true;
	}

	@Override
	protected boolean breakConnections() {
		servers.breakConnections();
		return true;
	}

	@Override
	protected void restoreStore() {
		if (this.paused) {
			servers.resume();
			this.paused = false;
		}
		if (this.stopped) {
			servers.restart();
			this.stopped = false;
		}
	}

	@AfterEach
	void closeConnections() {
		this.connections.forEach(LettuceConnectionFactory::destroy);
	}

}
