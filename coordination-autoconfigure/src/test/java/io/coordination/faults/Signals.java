package io.coordination.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

import org.awaitility.Awaitility;

/**
 * Signals to processes that the JDK cannot send.
 */
final class Signals {

	private Signals() {
	}

	/**
	 * Stops a process, and waits until none of its threads runs: a signal may come to
	 * some of them later than the answer of who sent it.
	 */
	static void pause(long pid) {
		send("-STOP", pid);
		Awaitility.await()
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(5))
			.atMost(Duration.ofSeconds(10))
			.until(() -> isStopped(pid));
	}

	private static boolean isStopped(long pid) throws IOException, InterruptedException {
		Path tasks = Path.of("/proc", Long.toString(pid), "task");
		if (!Files.isDirectory(tasks)) {
			return stateOf(pid).startsWith("T");
		}
		try (Stream<Path> threads = Files.list(tasks)) {
			for (Path thread : threads.toList()) {
				String stat = Files.readString(thread.resolve("stat"));
				// "<id> (<name, with anything in it>) <state> ..."
				if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
					return false;
				}
			}
			return true;
		}
		catch (NoSuchFileException ex) {
			// a thread that ended meanwhile
			return false;
		}
	}

	private static String stateOf(long pid) throws IOException, InterruptedException {
		Process ps = new ProcessBuilder("ps", "-o", "state=", "-p", Long.toString(pid)).start();
		String state = new String(ps.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
		ps.waitFor();
		return state;
	}

	static void resume(long pid) {
		send("-CONT", pid);
	}

	private static void send(String signal, long pid) {
		try {
			int result = new ProcessBuilder("kill", signal, Long.toString(pid)).inheritIO().start().waitFor();
			if (result != 0) {
				throw new IllegalStateException("kill " + signal + " " + pid + " ended with " + result);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
