package io.coordination.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import io.lettuce.core.sentinel.api.sync.RedisSentinelCommands;

/**
 * A real Redis with Sentinel for tests: a master, two replicas and three sentinels, all
 * of them processes of this machine.
 */
public final class SentinelServers implements AutoCloseable {

	/** The name by which the sentinels know the master. */
	public static final String NAME = "main";

	private static final int SERVERS = 3;

	private final List<RedisServer> servers = new ArrayList<>();

	private final List<RedisServer> sentinels = new ArrayList<>();

	private final RedisClient client = RedisClient.create();

	private SentinelServers() {
	}

	/**
	 * Starts everything and waits until the sentinels know each other and the replicas.
	 * @param downAfter the time after which a silent master counts as failed
	 * @param options more options of master and replicas
	 * @return the running servers
	 */
	public static SentinelServers start(Duration downAfter, String... options) {
		SentinelServers servers = new SentinelServers();
		try {
			RedisServer master = RedisServer.start(options);
			servers.servers.add(master);
			List<String> following = new ArrayList<>(List.of(options));
			following
				.addAll(List.of("--replicaof", master.host() + " " + master.port(), "--repl-diskless-sync-delay", "0"));
			while (servers.servers.size() < SERVERS) {
				servers.servers.add(RedisServer.start(following.toArray(String[]::new)));
			}
			while (servers.sentinels.size() < SERVERS) {
				servers.sentinels.add(startSentinel(master, downAfter));
			}
			servers.awaitServing();
			return servers;
		}
		catch (RuntimeException ex) {
			servers.close();
			throw ex;
		}
	}

	/**
	 * A sentinel writes what it learns into its configuration.
	 */
	private static RedisServer startSentinel(RedisServer master, Duration downAfter) {
		try {
			Path directory = Files.createTempDirectory("redis-sentinel-");
			Path configuration = directory.resolve("sentinel.conf");
			int port;
			try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
				port = socket.getLocalPort();
			}
			Files.write(configuration,
					List.of("port " + port, "bind 127.0.0.1", "dir " + directory,
							"sentinel monitor " + NAME + " " + master.host() + " " + master.port() + " 2",
							"sentinel down-after-milliseconds " + NAME + " " + downAfter.toMillis(),
							"sentinel failover-timeout " + NAME + " 5000", "sentinel parallel-syncs " + NAME + " 2"));
			List<String> command = new ArrayList<>(RedisExecutable.command());
			command.addAll(List.of(configuration.toString(), "--sentinel"));
			return RedisServer.launch(port, command, directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Waits until all are there, agree on a master, and its replicas follow.
	 */
	void awaitServing() {
		ClusterServers.patiently().until(() -> {
			RedisServer master = master();
			return isMaster(master) && on(master, (redis) -> redis.info("replication")).contains("connected_slaves:2")
					&& this.servers.stream().filter((server) -> server != master).allMatch(this::isFollowing)
					&& this.sentinels.stream().allMatch((sentinel) -> isReady(sentinel, master));
		});
	}

	private boolean isReady(RedisServer sentinel, RedisServer master) {
		return asking(sentinel, (commands) -> {
			var known = commands.master(NAME);
			return known.get("port").equals(String.valueOf(master.port())) && known.get("flags").equals("master")
					&& known.get("num-other-sentinels").equals("2") && known.get("num-slaves").equals("2")
					&& commands.replicas(NAME).stream().allMatch((replica) -> replica.get("flags").equals("slave"));
		});
	}

	private boolean isFollowing(RedisServer server) {
		return on(server, (redis) -> redis.info("replication")).contains("master_link_status:up");
	}

	private boolean isMaster(RedisServer server) {
		return on(server, (redis) -> redis.info("replication")).contains("role:master");
	}

	/**
	 * The master, in the opinion of the first sentinel that answers.
	 */
	RedisServer master() {
		for (RedisServer sentinel : this.sentinels) {
			try {
				String port = asking(sentinel, (commands) -> commands.master(NAME)).get("port");
				return this.servers.stream()
					.filter((server) -> port.equals(String.valueOf(server.port())))
					.findFirst()
					.orElseThrow();
			}
			catch (RedisException ex) {
				// The next one may know
			}
		}
		throw new IllegalStateException("No sentinel answers");
	}

	List<RedisServer> replicas() {
		RedisServer master = master();
		return this.servers.stream().filter((server) -> server != master).toList();
	}

	/**
	 * Waits until another server than this is the master and says so itself.
	 */
	RedisServer awaitOtherMaster(RedisServer old) {
		ClusterServers.patiently().until(() -> master() != old && isMaster(master()));
		return master();
	}

	/**
	 * Has the sentinels replace a master that is well.
	 */
	void failOver() {
		asking(this.sentinels.get(0), (commands) -> commands.failover(NAME));
	}

	private <T> T asking(RedisServer sentinel, Function<RedisSentinelCommands<String, String>, T> question) {
		RedisURI uri = RedisURI.create(sentinel.host(), sentinel.port());
		try (StatefulRedisSentinelConnection<String, String> connection = this.client.connectSentinel(uri)) {
			return question.apply(connection.sync());
		}
	}

	/**
	 * Asks one server, over a connection for that alone.
	 */
	<T> T on(RedisServer server, Function<RedisCommands<String, String>, T> question) {
		RedisURI uri = RedisURI.create(server.host(), server.port());
		uri.setTimeout(Duration.ofSeconds(10));
		try (StatefulRedisConnection<String, String> connection = this.client.connect(uri)) {
			return question.apply(connection.sync());
		}
	}

	/**
	 * Stops master, replicas and sentinels where they are.
	 */
	void pause() {
		this.sentinels.forEach(RedisServer::pause);
		this.servers.forEach(RedisServer::pause);
	}

	/**
	 * Lets all go on.
	 */
	void resume() {
		this.servers.forEach(RedisServer::resume);
		this.sentinels.forEach(RedisServer::resume);
	}

	/**
	 * Kills the master and its replicas. The sentinels stay.
	 */
	void kill() {
		this.servers.forEach(RedisServer::pause);
		this.servers.forEach(RedisServer::kill);
	}

	/**
	 * Starts master and replicas again, without their data, and waits until they serve.
	 */
	void restart() {
		this.servers.forEach(RedisServer::restart);
		awaitServing();
	}

	/**
	 * Breaks all connections to the master once.
	 */
	void breakConnections() {
		on(master(), (redis) -> {
			redis.clientKill(KillArgs.Builder.typePubsub());
			return redis.clientKill(KillArgs.Builder.typeNormal().skipme());
		});
	}

	/**
	 * A new connection factory as an application has it, started; whoever asked for it
	 * destroys it.
	 * @return the connection factory
	 */
	public LettuceConnectionFactory connectionFactory() {
		RedisSentinelConfiguration configuration = new RedisSentinelConfiguration().master(NAME);
		this.sentinels.forEach((sentinel) -> configuration.sentinel(sentinel.host(), sentinel.port()));
		LettuceConnectionFactory factory = new LettuceConnectionFactory(configuration);
		factory.afterPropertiesSet();
		factory.start();
		return factory;
	}

	@Override
	public void close() {
		this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		this.sentinels.forEach(RedisServer::close);
		this.servers.forEach(RedisServer::close);
	}

}
