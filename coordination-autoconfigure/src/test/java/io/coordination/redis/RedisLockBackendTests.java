package io.coordination.redis;

import java.io.File;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.LockBackendContract;
import io.coordination.backend.LockBackendFactory;

import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;

/**
 * The contract on a real Redis, which is this test's own because it is hurt.
 */
class RedisLockBackendTests extends LockBackendContract {

	private static RedisServer server;

	private final List<LettuceConnectionFactory> connections = new CopyOnWriteArrayList<>();

	private boolean paused;

	private boolean stopped;

	@BeforeAll
	static void startServer() {
		server = RedisServer.start();
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@Override
	protected LockBackendFactory newFactory() {
		LettuceConnectionFactory factory = server.connectionFactory();
		this.connections.add(factory);
		return new RedisLockBackendFactory(factory, RedisLockSettings.defaults());
	}

	@Override
	protected boolean cutOffStore() {
		if (File.separatorChar == '\\') {
			return false;
		}
		server.pause();
		this.paused = true;
		return true;
	}

	@Override
	protected boolean stopStore() {
		server.kill();
		this.stopped = true;
		return true;
	}

	@Override
	protected boolean breakConnections() {
		RedisClient client = RedisClient.create(server.url());
		try {
			RedisCommands<String, String> commands = client.connect().sync();
			commands.clientKill(KillArgs.Builder.typePubsub());
			commands.clientKill(KillArgs.Builder.typeNormal().skipme());
		}
		finally {
			client.shutdown();
		}
		return true;
	}

	@Override
	protected void restoreStore() {
		if (this.paused) {
			server.resume();
			this.paused = false;
		}
		if (this.stopped) {
			server.restart();
			this.stopped = false;
		}
	}

	@AfterEach
	void closeConnections() {
		this.connections.forEach(LettuceConnectionFactory::destroy);
	}

}
