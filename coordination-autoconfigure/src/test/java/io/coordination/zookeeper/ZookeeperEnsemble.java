package io.coordination.zookeeper;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;
import org.apache.curator.test.TestingZooKeeperServer;
import org.awaitility.Awaitility;

/**
 * Three servers in this process, of which one leads.
 */
public final class ZookeeperEnsemble implements ZookeeperMachines {

	private static final Duration ELECTION = Duration.ofSeconds(60);

	private final TestingCluster cluster;

	private ZookeeperEnsemble(TestingCluster cluster) {
		this.cluster = cluster;
	}

	/**
	 * Starts the servers, and waits for their election.
	 * @param tickMillis a half of the shortest session that they allow for, and a
	 * twentieth of the longest
	 * @return the running servers
	 */
	public static ZookeeperEnsemble start(int tickMillis) {
		return start(tickMillis, Duration.ofMillis(20L * tickMillis));
	}

	/**
	 * Starts the servers, and waits for their election.
	 * @param tickMillis a half of the shortest session that they allow for
	 * @param longestSession the longest session that they allow for
	 * @return the running servers
	 */
	public static ZookeeperEnsemble start(int tickMillis, Duration longestSession) {
		Map<String, Object> settings = Map.of("maxSessionTimeout", Long.toString(longestSession.toMillis()));
		ZookeeperServer.prepare();
		List<InstanceSpec> specs = new ArrayList<>();
		for (int i = 1; i <= 3; i++) {
			specs.add(new InstanceSpec(null, -1, -1, -1, true, i, tickMillis, -1, settings, "127.0.0.1"));
		}
		ZookeeperEnsemble ensemble = new ZookeeperEnsemble(new TestingCluster(specs));
		try {
			ensemble.cluster.start();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
		ensemble.awaitLeader();
		return ensemble;
	}

	@Override
	public List<Integer> ports() {
		return this.cluster.getInstances().stream().map(InstanceSpec::getPort).sorted().toList();
	}

	/**
	 * Waits until a server leads.
	 * @return its port
	 */
	public int awaitLeader() {
		return Awaitility.await().pollDelay(Duration.ZERO).atMost(ELECTION).until(this::leader, (port) -> port > 0);
	}

	private int leader() {
		return ports().stream().filter((port) -> command(port, "srvr").contains("Mode: leader")).findFirst().orElse(0);
	}

	/**
	 * The port of the server that a session is connected to.
	 * @param session the session
	 * @return the port, or zero if there is none
	 */
	public int serverOf(long session) {
		String id = "sid=0x" + Long.toHexString(session) + ",";
		return ports().stream().filter((port) -> command(port, "cons").contains(id)).findFirst().orElse(0);
	}

	/**
	 * Ends a server without a word to the others or to its clients.
	 * @param port where it listens
	 * @throws Exception if it cannot be ended
	 */
	public void kill(int port) throws Exception {
		server(port).kill();
	}

	/**
	 * Starts a server again, with what it had.
	 * @param port where it listens
	 * @throws Exception if it cannot be started
	 */
	public void restart(int port) throws Exception {
		server(port).restart();
	}

	private TestingZooKeeperServer server(int port) {
		return this.cluster.getServers()
			.stream()
			.filter((server) -> server.getInstanceSpec().getPort() == port)
			.findFirst()
			.orElseThrow();
	}

	@Override
	public void stop() throws IOException {
		this.cluster.stop();
	}

	@Override
	public void restart() throws Exception {
		for (TestingZooKeeperServer server : this.cluster.getServers()) {
			server.restart();
		}
		awaitLeader();
	}

	@Override
	public void close() throws IOException {
		this.cluster.close();
	}

	/**
	 * Asks a server by one of its four-letter commands.
	 * @return the answer, empty if there is none
	 */
	static String command(int port, String command) {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
				OutputStream out = socket.getOutputStream();
				InputStream in = socket.getInputStream()) {
			socket.setSoTimeout(2000);
			out.write(command.getBytes(StandardCharsets.US_ASCII));
			return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
		}
		catch (IOException ex) {
			return "";
		}
	}

}
