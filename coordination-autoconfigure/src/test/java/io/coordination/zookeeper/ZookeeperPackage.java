package io.coordination.zookeeper;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The server of Debian's package {@code zookeeper}, as a process of its own.
 */
final class ZookeeperPackage implements ZookeeperMachines {

	static final String JAR = "/usr/share/java/zookeeper.jar";

	private static final Duration START_TIME = Duration.ofSeconds(60);

	private final Path directory;

	private final int port;

	private @Nullable Process process;

	private ZookeeperPackage(Path directory, int port) {
		this.directory = directory;
		this.port = port;
		// Also where a test does not come to its end
		Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "zookeeper-package-stop"));
	}

	static boolean isInstalled() {
		return Files.exists(Path.of(JAR));
	}

	static ZookeeperPackage start(int tickMillis) throws IOException {
		Path directory = Files.createTempDirectory("zookeeper-test-");
		int port = freePort();
		Files.write(directory.resolve("zoo.cfg"),
				List.of("dataDir=" + directory.resolve("data"), "clientPortAddress=127.0.0.1", "clientPort=" + port,
						"tickTime=" + tickMillis, "admin.enableServer=false", "4lw.commands.whitelist=*"));
		ZookeeperPackage server = new ZookeeperPackage(directory, port);
		server.restart();
		return server;
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	@Override
	public List<Integer> ports() {
		return List.of(this.port);
	}

	@Override
	public void stop() {
		Process running = this.process;
		if (running != null) {
			running.destroyForcibly();
			try {
				running.waitFor(10, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	@Override
	public void restart() throws IOException {
		Path log = this.directory.resolve("server.log");
		Process started = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Xmx256m", "-XX:+UseSerialGC", "-Dzookeeper.forceSync=no", "-cp",
				JAR + ":/usr/share/java/slf4j-simple.jar", "org.apache.zookeeper.server.quorum.QuorumPeerMain",
				this.directory.resolve("zoo.cfg").toString())
			.redirectErrorStream(true)
			.redirectOutput(log.toFile())
			.start();
		this.process = started;
		Awaitility.await().pollDelay(Duration.ZERO).atMost(START_TIME).until(() -> {
			if (!started.isAlive()) {
				throw new IllegalStateException("ZooKeeper does not start:\n" + Files.readString(log));
			}
			return ZookeeperEnsemble.command(this.port, "srvr").contains("Mode: standalone");
		});
	}

	@Override
	public void close() {
		stop();
		try (Stream<Path> files = Files.walk(this.directory)) {
			files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
