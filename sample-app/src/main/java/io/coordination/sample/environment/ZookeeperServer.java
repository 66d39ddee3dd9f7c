package io.coordination.sample.environment;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;

import org.apache.commons.logging.LogFactory;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;

import org.springframework.util.ClassUtils;

/**
 * A ZooKeeper server in a process of its own, made from the class path of the sample. It
 * listens on loopback only, outlives the process that started it, and ends by itself when
 * no instance is left, however they ended.
 */
final class ZookeeperServer {

	static final Duration START_TIMEOUT = Duration.ofSeconds(30);

	private static final Duration GLANCE = Duration.ofMillis(100);

	private static final String LAUNCHER = "org.springframework.boot.loader.launch.PropertiesLauncher";

	private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

	// Ctrl-C in the terminal of one instance must not take the server from the others.
	// What is ignored from the beginning, Java ignores
	private static final List<String> DETACHED = WINDOWS ? List.of()
			: List.of("/bin/sh", "-c", "trap '' INT HUP; exec \"$0\" \"$@\"");

	private ZookeeperServer() {
	}

	/**
	 * Starts a server. Returns before it listens; its address is there when it does.
	 * @param home where it works
	 * @param port the port to listen on, or 0 for any
	 * @return the process
	 * @throws IOException if it cannot be started
	 */
	static Process start(ZookeeperHome home, int port) throws IOException {
		List<String> command = new ArrayList<>(DETACHED);
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
				"-Dlogback.configurationFile=zookeeper-logback.xml", "-cp", System.getProperty("java.class.path")));
		if (ClassUtils.isPresent(LAUNCHER, null)) {
			// The class path is one executable jar
			command.addAll(List.of("-Dloader.main=" + ZookeeperServer.class.getName(), LAUNCHER));
		}
		else {
			command.add(ZookeeperServer.class.getName());
		}
		command.addAll(List.of(home.directory().toString(), String.valueOf(port)));
		return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(home.log().toFile()).start();
	}

	/**
	 * Runs the server until no instance is left.
	 * @param args the directory that the instances share, and the port
	 */
	public static void main(String[] args) {
		int status = 0;
		try {
			run(new ZookeeperHome(Path.of(args[0])), args[1]);
		}
		catch (Exception ex) {
			LogFactory.getLog(ZookeeperServer.class).error("The ZooKeeper of the sample ends", ex);
			status = 1;
		}
		System.exit(status);
	}

	private static void run(ZookeeperHome home, String port) throws Exception {
		Presence presence = Presence.announce(home.server());
		ZooKeeperServerEmbedded server = ZooKeeperServerEmbedded.builder()
			.baseDir(home.data())
			.configuration(configuration(port))
			.exitHandler(ExitHandler.EXIT)
			.build();
		server.start(START_TIMEOUT.toMillis());
		home.write(server.getConnectionString());
		StartLock startLock = home.startLock();
		while (!startLock.call(() -> end(home, server, presence))) {
			LockSupport.parkNanos(GLANCE.toNanos());
		}
	}

	private static Properties configuration(String port) {
		Properties properties = new Properties();
		properties.setProperty("clientPortAddress", "127.0.0.1");
		properties.setProperty("clientPort", port);
		properties.setProperty("maxClientCnxns", "0");
		// Allows for sessions of 1 to 10 s
		properties.setProperty("tickTime", "500");
		// The data outlives this process, not this machine
		properties.setProperty("forceSync", "no");
		properties.setProperty("preAllocSize", "1024");
		properties.setProperty("admin.enableServer", "false");
		properties.setProperty("metricsProvider.className", "org.apache.zookeeper.metrics.impl.NullMetricsProvider");
		return properties;
	}

	private static boolean end(ZookeeperHome home, ZooKeeperServerEmbedded server, Presence presence) {
		if (Presence.isAnyAnnounced(home.instances())) {
			return false;
		}
		server.close();
		presence.close();
		home.remove();
		return true;
	}

}
