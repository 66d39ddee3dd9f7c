package io.coordination.faults;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A Redis of one's own that may be killed, paused and started again on the same port.
 * Keeps nothing on disk, so a restart loses everything.
 */
final class RedisProcess implements AutoCloseable {

	private static final Set<Process> LIVING = ConcurrentHashMap.newKeySet();

	static {
		Runtime.getRuntime()
			.addShutdownHook(new Thread(() -> LIVING.forEach(Process::destroyForcibly), "redis-process-killer"));
	}

	private final int port;

	private Process process;

	RedisProcess() {
		this.port = freePort();
		this.process = start();
	}

	int port() {
		return this.port;
	}

	String url() {
		return "redis://127.0.0.1:" + this.port;
	}

	RedisProbe probe() {
		return new RedisProbe(this.port);
	}

	/**
	 * Stops the server's process ({@code SIGSTOP}): connections stay open and nothing is
	 * answered.
	 */
	void pause() {
		Signals.pause(this.process.pid());
	}

	/**
	 * Lets a paused server go on.
	 */
	void resume() {
		Signals.resume(this.process.pid());
	}

	/**
	 * Ends the server without giving it a chance; all data is lost.
	 */
	void kill() {
		this.process.destroyForcibly();
		try {
			this.process.waitFor(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		LIVING.remove(this.process);
	}

	/**
	 * Starts a killed server again, empty, on the same port.
	 */
	void startAgain() {
		this.process = start();
	}

	@Override
	public void close() {
		kill();
	}

	private Process start() {
		try {
			Path directory = Files.createTempDirectory("coordination-faults");
			directory.toFile().deleteOnExit();
			Process started = new ProcessBuilder(binary(), "--bind", "127.0.0.1", "--port", Integer.toString(this.port),
					"--save", "", "--appendonly", "no", "--dir", directory.toString(), "--loglevel", "warning",
					"--enable-debug-command", "yes")
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start();
			LIVING.add(started);
			awaitAnswer(started);
			return started;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void awaitAnswer(Process started) {
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
		while (true) {
			try (RedisProbe probe = probe()) {
				probe.ask("PING");
				return;
			}
			catch (UncheckedIOException | IllegalStateException ex) {
				if (!started.isAlive() || System.nanoTime() > deadline) {
					throw new IllegalStateException("Redis does not start on port " + this.port, ex);
				}
				pauseBriefly();
			}
		}
	}

	private static void pauseBriefly() {
		try {
			TimeUnit.MILLISECONDS.sleep(20);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static String binary() {
		List<String> path = Arrays.asList(System.getenv("PATH").split(File.pathSeparator));
		return path.stream()
			.map((directory) -> Path.of(directory, "redis-server"))
			.filter(Files::isExecutable)
			.findFirst()
			.orElseThrow()
			.toString();
	}

	private static int freePort() {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
