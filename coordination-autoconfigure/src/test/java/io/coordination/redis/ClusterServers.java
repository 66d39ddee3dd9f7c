package io.coordination.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.util.StringUtils;

import io.lettuce.core.KillArgs;
import io.lettuce.core.MigrateArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;

/**
 * A real Redis Cluster for tests: three masters with a replica each, all of them
 * processes of this machine. Each keeps its files in a directory of its own, so that a
 * node that is killed and started again is the node it was, but without its data.
 */
public final class ClusterServers implements AutoCloseable {

	private static final int MASTERS = 3;

	private final List<RedisServer> nodes = new ArrayList<>();

	private final RedisClient client = RedisClient.create();

	private ClusterServers() {
	}

	/**
	 * Starts a cluster and waits until it serves.
	 * @param nodeTimeout the time after which a silent node counts as failed
	 * @param options more options of all nodes
	 * @return the running cluster
	 */
	public static ClusterServers start(Duration nodeTimeout, String... options) {
		return start(RedisExecutable.command(), nodeTimeout, options);
	}

	static ClusterServers start(List<String> executable, Duration nodeTimeout, String... options) {
		ClusterServers servers = new ClusterServers();
		try {
			List<String> all = new ArrayList<>(List.of("--cluster-enabled", "yes", "--cluster-node-timeout",
					String.valueOf(nodeTimeout.toMillis()), "--cluster-require-full-coverage", "no",
					"--cluster-replica-validity-factor", "0"));
			all.addAll(List.of(options));
			while (servers.nodes.size() < 2 * MASTERS) {
				servers.nodes.add(startNode(executable, all));
			}
			servers.join();
			return servers;
		}
		catch (RuntimeException ex) {
			servers.close();
			throw ex;
		}
	}

	/**
	 * The nodes talk to each other on a second port, which is 10,000 higher and may be
	 * taken, or beyond the last one.
	 */
	private static RedisServer startNode(List<String> executable, List<String> options) {
		for (int attempt = 1;; attempt++) {
			try {
				int port = freePort();
				Path directory = Files.createTempDirectory("redis-cluster-");
				List<String> command = new ArrayList<>(executable);
				command.addAll(List.of("--port", String.valueOf(port), "--bind", "127.0.0.1"));
				command.addAll(List.of("--dir", directory.toString(), "--save", "", "--appendonly", "no"));
				command.addAll(options);
				return RedisServer.launch(port, command, directory);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			catch (IllegalStateException ex) {
				if (attempt == 10) {
					throw ex;
				}
			}
		}
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	private void join() {
		RedisServer first = this.nodes.get(0);
		for (int i = 0; i < this.nodes.size(); i++) {
			RedisServer node = this.nodes.get(i);
			int epoch = i + 1;
			on(node, (redis) -> redis.clusterSetConfigEpoch(epoch));
			if (i < MASTERS) {
				int[] slots = IntStream
					.range(SlotHash.SLOT_COUNT * i / MASTERS, SlotHash.SLOT_COUNT * (i + 1) / MASTERS)
					.toArray();
				on(node, (redis) -> redis.clusterAddSlots(slots));
			}
			on(node, (redis) -> redis.clusterMeet(first.host(), first.port()));
		}
		patiently().until(() -> this.nodes.stream().allMatch((node) -> knows(node, this.nodes.size())));
		for (int i = 0; i < MASTERS; i++) {
			String master = on(this.nodes.get(i), RedisCommands::clusterMyId);
			on(this.nodes.get(i + MASTERS), (redis) -> redis.clusterReplicate(master));
		}
		awaitServing();
	}

	private boolean knows(RedisServer node, int others) {
		String known = on(node, RedisCommands::clusterNodes);
		return !known.contains("handshake") && known.lines().count() == others;
	}

	/**
	 * Waits until all nodes are there, agree that each slot is served, and each replica
	 * follows.
	 */
	void awaitServing() {
		patiently().until(() -> this.nodes.stream().allMatch(this::isServing));
	}

	private boolean isServing(RedisServer node) {
		String known = on(node, RedisCommands::clusterNodes);
		return on(node, RedisCommands::clusterInfo).contains("cluster_state:ok")
				&& known.lines().filter((line) -> line.contains("slave")).count() == MASTERS && !known.contains("fail")
				&& on(node, (redis) -> redis.info("replication"))
					.matches("(?s).*(role:master.*connected_slaves:1|master_link_status:up).*");
	}

	static ConditionFactory patiently() {
		return Awaitility.await()
			.atMost(Duration.ofSeconds(60))
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(50))
			.ignoreExceptions();
	}

	/**
	 * Asks one node, over a connection for that alone.
	 */
	<T> T on(RedisServer node, Function<RedisCommands<String, String>, T> question) {
		RedisURI uri = RedisURI.create(node.host(), node.port());
		uri.setTimeout(Duration.ofSeconds(10));
		try (StatefulRedisConnection<String, String> connection = this.client.connect(uri)) {
			return question.apply(connection.sync());
		}
	}

	/**
	 * All nodes, masters and replicas.
	 * @return the nodes
	 */
	public List<RedisServer> nodes() {
		return List.copyOf(this.nodes);
	}

	/**
	 * Who is a master, in the opinion of each node that answers.
	 */
	List<RedisServer> masters() {
		return this.nodes.stream().filter(this::isMaster).toList();
	}

	private boolean isMaster(RedisServer node) {
		try {
			return on(node, (redis) -> redis.info("replication")).contains("role:master");
		}
		catch (RedisException ex) {
			return false;
		}
	}

	/**
	 * The master that a key is with.
	 */
	RedisServer master(String key) {
		int slot = SlotHash.getSlot(key);
		return masters().stream()
			.filter((node) -> serves(node, slot))
			.findFirst()
			.orElseThrow(() -> new IllegalStateException("Nobody has slot " + slot));
	}

	private boolean serves(RedisServer node, int slot) {
		String self = on(node, RedisCommands::clusterNodes).lines()
			.filter((line) -> line.contains("myself"))
			.findFirst()
			.orElseThrow();
		return Arrays.stream(StringUtils.tokenizeToStringArray(self, " "))
			.skip(8)
			.filter((range) -> !range.startsWith("["))
			.anyMatch((range) -> {
				String[] ends = StringUtils.tokenizeToStringArray(range, "-");
				return Integer.parseInt(ends[0]) <= slot && slot <= Integer.parseInt(ends[ends.length - 1]);
			});
	}

	/**
	 * Begins to move a slot: from now on a key that is not in its old place is asked for
	 * in the new one.
	 */
	void beginMove(int slot, RedisServer from, RedisServer to) {
		String source = on(from, RedisCommands::clusterMyId);
		String target = on(to, RedisCommands::clusterMyId);
		on(to, (redis) -> redis.clusterSetSlotImporting(slot, source));
		on(from, (redis) -> redis.clusterSetSlotMigrating(slot, target));
	}

	/**
	 * Moves the keys of a slot.
	 */
	void moveKeys(int slot, RedisServer from, RedisServer to, int count) {
		List<String> keys = on(from, (redis) -> redis.clusterGetKeysInSlot(slot, count));
		if (!keys.isEmpty()) {
			on(from, (redis) -> redis.migrate(to.host(), to.port(), 0, 10_000, MigrateArgs.Builder.keys(keys)));
		}
	}

	/**
	 * Ends the move of a slot.
	 */
	void endMove(int slot, RedisServer to) {
		String target = on(to, RedisCommands::clusterMyId);
		on(to, (redis) -> redis.clusterSetSlotNode(slot, target));
		masters().forEach((node) -> on(node, (redis) -> redis.clusterSetSlotNode(slot, target)));
	}

	/**
	 * Moves a slot with all of its keys.
	 */
	void move(int slot, RedisServer from, RedisServer to) {
		beginMove(slot, from, to);
		moveKeys(slot, from, to, 1000);
		endMove(slot, to);
	}

	/**
	 * Stops all nodes where they are.
	 */
	void pause() {
		this.nodes.forEach(RedisServer::pause);
	}

	/**
	 * Lets all nodes go on.
	 */
	void resume() {
		this.nodes.forEach(RedisServer::resume);
	}

	/**
	 * Kills all nodes, at once as far as anybody can tell.
	 */
	void kill() {
		pause();
		this.nodes.forEach(RedisServer::kill);
	}

	/**
	 * Starts all nodes again, without their data, and waits until they serve.
	 */
	void restart() {
		this.nodes.forEach(RedisServer::restart);
		awaitServing();
	}

	/**
	 * Breaks all connections once, and waits until as many are made again: a client hears
	 * that the cluster is back while some of its nodes are not yet.
	 */
	void breakConnections() {
		List<Long> before = this.nodes.stream().map(this::clients).toList();
		this.nodes.forEach((node) -> on(node, (redis) -> {
			redis.clientKill(KillArgs.Builder.typePubsub());
			return redis.clientKill(KillArgs.Builder.typeNormal().skipme());
		}));
		patiently().until(() -> IntStream.range(0, this.nodes.size())
			.allMatch((i) -> clients(this.nodes.get(i)) >= before.get(i)));
	}

	private long clients(RedisServer node) {
		return on(node, RedisCommands::clientList).lines().filter((line) -> !line.contains(" flags=S ")).count();
	}

	/**
	 * A new connection factory as an application has it, started; whoever asked for it
	 * destroys it.
	 * @return the connection factory
	 */
	public LettuceConnectionFactory connectionFactory() {
		RedisClusterConfiguration configuration = new RedisClusterConfiguration();
		this.nodes.forEach((node) -> configuration.clusterNode(node.host(), node.port()));
		LettuceConnectionFactory factory = new LettuceConnectionFactory(configuration);
		factory.afterPropertiesSet();
		factory.start();
		return factory;
	}

	@Override
	public void close() {
		this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		this.nodes.forEach(RedisServer::close);
	}

}
