package io.coordination.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An instance of the shop in a process of its own.
 */
final class ShopProcess implements AutoCloseable {

	private static final Pattern OPEN = Pattern.compile("Ticket shop is open: http://localhost:(\\d+)/");

	private final Process process;

	private final Path log;

	private ShopProcess(Process process, Path log) {
		this.process = process;
		this.log = log;
	}

	static ShopProcess start(Path directory, List<String> options) {
		return start(directory, List.of(), options);
	}

	static ShopProcess start(Path directory, List<String> jvmOptions, List<String> options) {
		try {
			Path log = Files.createTempFile(directory, "shop", ".log");
			List<String> command = new ArrayList<>();
			command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
			command.addAll(jvmOptions);
			command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
					SampleApplication.class.getName(), "--server.port=0", "--sample.directory=" + directory));
			command.addAll(options);
			Process process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(log.toFile())
				.start();
			return new ShopProcess(process, log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Waits until the shop is open.
	 * @return a client of it
	 */
	ShopClient client() {
		Awaitility.await()
			.atMost(Duration.ofSeconds(90))
			.failFast(() -> assertThat(this.process.isAlive()).as("The shop has ended:%n%s", log()).isTrue())
			.untilAsserted(() -> assertThat(log()).containsPattern(OPEN));
		Matcher open = OPEN.matcher(log());
		assertThat(open.find()).isTrue();
		return new ShopClient(Integer.parseInt(open.group(1)));
	}

	String log() {
		try {
			return Files.readString(this.log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Waits until it has ended by itself.
	 * @return what it ended with
	 */
	int exitValue() {
		assertThat(this.process.onExit()).succeedsWithin(Duration.ofSeconds(90));
		return this.process.exitValue();
	}

	long pid() {
		return this.process.pid();
	}

	/**
	 * Sends a signal.
	 * @param name the signal, such as {@code STOP}
	 */
	void signal(String name) {
		try {
			int answer = new ProcessBuilder("kill", "-" + name, String.valueOf(pid())).start().waitFor();
			if (answer != 0) {
				throw new IllegalStateException("kill -" + name + " answered " + answer);
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

	/**
	 * Asks it to end, and waits until it has: killed, it would leave its Redis behind.
	 */
	void end() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(60, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
				throw new IllegalStateException("The shop did not end within 60s:\n" + log());
			}
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void close() {
		end();
	}

}
