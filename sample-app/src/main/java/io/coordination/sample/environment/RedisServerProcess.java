package io.coordination.sample.environment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import redis.embedded.core.ExecutableProvider;

/**
 * A Redis server of its own, made from the binary in the {@code embedded-redis} jar. It
 * listens on loopback only, keeps nothing on disk, and outlives the process that started
 * it.
 */
final class RedisServerProcess {

	private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

	private RedisServerProcess() {
	}

	/**
	 * Starts a server. Returns before it listens.
	 * @param directory where the binary and the log go; also tells our server from others
	 * @param port the port to listen on
	 */
	static void start(Path directory, int port) {
		try {
			Files.deleteIfExists(logFile(directory));
			String binary = ExecutableProvider.newJarResourceProvider(directory.toFile()).get().getPath();
			// Detached, so that Ctrl-C in the terminal of one instance does not take it
			// from the others
			List<String> command = List.of(binary, "--port", String.valueOf(port), "--bind", "127.0.0.1",
					"--protected-mode", "yes", "--save", "", "--appendonly", "no", "--dir", directory.toString(),
					"--logfile", logFile(directory).toString(), "--daemonize", WINDOWS ? "no" : "yes");
			new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot start the Redis of the 'embedded-redis' jar in " + directory
					+ "; give the sample one with --spring.data.redis.url", ex);
		}
	}

	/**
	 * What the server has said, for an error message.
	 * @param directory the directory it was started in
	 * @return its log, or why there is none
	 */
	static String log(Path directory) {
		try {
			return Files.readString(logFile(directory)).strip();
		}
		catch (IOException ex) {
			return "it wrote no log (" + ex.getMessage() + ")";
		}
	}

	private static Path logFile(Path directory) {
		return directory.resolve("redis.log");
	}

}
