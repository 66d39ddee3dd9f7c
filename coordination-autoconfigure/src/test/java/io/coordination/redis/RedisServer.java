package io.coordination.redis;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * A real Redis for tests: {@link #shared()} for those that only talk to one,
 * {@link #start} for those that hurt one. A started one listens on a free port of the
 * loopback interface, keeps its files in a directory of its own and nothing beyond its
 * life.
 * <p>
 * System properties, none needed: {@code coordination.test.redis} is the
 * {@code host:port} of a running server that {@link #shared()} uses;
 * {@code coordination.test.redis-server} is the command that starts one, arguments
 * separated by spaces; {@code coordination.test.redis-image} is an image that Docker has
 * and runs, for all that needs no other server or file. Without them the
 * {@code redis-server} or {@code valkey-server} on the PATH is taken, and where there is
 * none, the one embedded in a test dependency.
 */
public final class RedisServer implements AutoCloseable {

	private static final Duration START_TIME = Duration.ofSeconds(30);

	private final String host;

	private final int port;

	private final @Nullable List<String> command;

	private final @Nullable Path directory;

	private @Nullable Process process;

	private RedisServer(String host, int port, @Nullable List<String> command, @Nullable Path directory) {
		this.host = host;
		this.port = port;
		this.command = command;
		this.directory = directory;
	}

	/**
	 * The server that all tests of this JVM share. Never stopped, paused or flushed by a
	 * test.
	 * @return the running server
	 */
	public static RedisServer shared() {
		return Shared.SERVER;
	}

	/**
	 * Starts a server of the test's own.
	 * @param options options as on the command line of {@code redis-server}
	 * @return the running server
	 */
	public static RedisServer start(String... options) {
		for (int attempt = 1;; attempt++) {
			RedisServer server = prepare(options);
			try {
				return launch(server.port, server.command, server.directory);
			}
			catch (IllegalStateException ex) {
				// Somebody else may have been given the free port meanwhile
				if (attempt == 3) {
					throw ex;
				}
			}
		}
	}

	/** Starts a server with a command of the test's own. */
	static RedisServer launch(int port, List<String> command, Path directory) {
		RedisServer server = new RedisServer("127.0.0.1", port, command, directory);
		try {
			server.launch();
			return server;
		}
		catch (IllegalStateException ex) {
			server.close();
			throw ex;
		}
	}

	private static RedisServer prepare(String... options) {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			int port = socket.getLocalPort();
			Path directory = Files.createTempDirectory("redis-test-");
			List<String> command = new ArrayList<>();
			String image = System.getProperty("coordination.test.redis-image");
			if (image != null) {
				// From inside, whoever connects comes from another host
				command.addAll(List.of("docker", "run", "--rm", "--pull", "never", "--name", "redis-test-" + port,
						"--publish", "127.0.0.1:" + port + ":6379", image, "redis-server", "--port", "6379",
						"--protected-mode", "no"));
			}
			else {
				command.addAll(RedisExecutable.command());
				command.addAll(List.of("--port", String.valueOf(port), "--bind", "127.0.0.1"));
				command.addAll(List.of("--dir", directory.toString()));
			}
			command.addAll(List.of("--save", "", "--appendonly", "no"));
			command.addAll(List.of(options));
			return new RedisServer("127.0.0.1", port, command, directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The host to connect to.
	 * @return a name or an address
	 */
	public String host() {
		return this.host;
	}

	/**
	 * The port to connect to. A restart keeps it.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * The address in the form of {@code spring.data.redis.url}.
	 * @return the address
	 */
	public String url() {
		return "redis://" + this.host + ":" + this.port;
	}

	/**
	 * A new connection factory as an application has it, started; whoever asked for it
	 * destroys it.
	 * @return the connection factory
	 */
	public LettuceConnectionFactory connectionFactory() {
		LettuceConnectionFactory factory = new LettuceConnectionFactory(
				new RedisStandaloneConfiguration(this.host, this.port));
		factory.afterPropertiesSet();
		factory.start();
		return factory;
	}

	/**
	 * Kills the server as a crash does ({@code kill -9}). Nothing is saved.
	 */
	public void kill() {
		Process process = process();
		try {
			if (docker() && process.isAlive()) {
				killContainer(process);
			}
			process.destroyForcibly();
			if (!process.waitFor(10, TimeUnit.SECONDS)) {
				throw new IllegalStateException("Redis does not end: " + process.pid());
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The client of Docker ends after the container, whose name is free only then.
	 */
	private void killContainer(Process client) throws InterruptedException {
		try {
			run("docker", "kill", "redis-test-" + this.port);
		}
		catch (IllegalStateException ex) {
			// Not there yet, or not any more
			return;
		}
		client.waitFor(10, TimeUnit.SECONDS);
	}

	/**
	 * Kills the server if it runs and starts it again, empty and on the same port.
	 */
	public void restart() {
		kill();
		launch();
	}

	/**
	 * Stops the server where it is ({@code kill -STOP}): connections stay open and
	 * nothing is answered.
	 */
	public void pause() {
		signal("STOP", "pause");
	}

	/**
	 * Lets a paused server go on.
	 */
	public void resume() {
		signal("CONT", "unpause");
	}

	private void signal(String signal, String dockerCommand) {
		if (docker()) {
			run("docker", dockerCommand, "redis-test-" + this.port);
		}
		else {
			run("kill", "-" + signal, String.valueOf(process().pid()));
		}
	}

	@Override
	public void close() {
		if (this.process != null) {
			kill();
		}
		if (this.directory != null) {
			try (Stream<Path> files = Files.walk(this.directory)) {
				files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
	}

	private void launch() {
		Path log = this.directory.resolve("redis.log");
		try {
			this.process = new ProcessBuilder(this.command).redirectErrorStream(true)
				.redirectOutput(log.toFile())
				.start();
		}
		catch (IOException ex) {
			throw new IllegalStateException("Redis cannot be started: " + this.command, ex);
		}
		long start = System.nanoTime();
		while (!answers()) {
			boolean late = System.nanoTime() - start > START_TIME.toNanos();
			if (late || !this.process.isAlive()) {
				throw new IllegalStateException("Redis does not start: " + this.command + "\n" + read(log));
			}
			pauseBriefly();
		}
	}

	private boolean answers() {
		try (Socket socket = new Socket()) {
			socket.setSoTimeout(1000);
			socket.connect(new InetSocketAddress(this.host, this.port), 1000);
			socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
			InputStream answer = socket.getInputStream();
			int first = answer.read();
			// An error such as NOAUTH is an answer, too; of those only LOADING begins so
			return first == '+' || (first == '-' && answer.read() != 'L');
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static void pauseBriefly() {
		try {
			Thread.sleep(20);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private boolean docker() {
		return this.command != null && this.command.get(0).equals("docker");
	}

	private Process process() {
		if (this.process == null) {
			throw new IllegalStateException("Not started by this test: " + url());
		}
		return this.process;
	}

	private static void run(String... command) {
		try {
			// Not inherited: the output of a forked test JVM is what Surefire talks
			// through
			Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			if (process.waitFor() != 0) {
				throw new IllegalStateException(String.join(" ", command) + ": " + output);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file, StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

	private static final class Shared {

		static final RedisServer SERVER = find();

		private static RedisServer find() {
			String address = System.getProperty("coordination.test.redis");
			if (address != null) {
				int colon = address.lastIndexOf(':');
				return new RedisServer(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)),
						null, null);
			}
			RedisServer server = start();
			Runtime.getRuntime().addShutdownHook(new Thread(server::close, "coordination-test-redis-stop"));
			return server;
		}

	}

}
