package io.coordination.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Another JVM with the class path of the tests, to be talked to line by line, paused and
 * killed. The {@linkplain #pid() process id} is that of the JVM itself. A child that uses
 * {@link ChildLines} ends when its parent is gone; one that is still there when this JVM
 * exits is killed. Safe for use by many threads.
 */
public final class ChildJvm implements AutoCloseable {

	private static final int KEPT_LINES = 300;

	private static final Set<Process> LIVING = ConcurrentHashMap.newKeySet();

	static {
		Runtime.getRuntime()
			.addShutdownHook(new Thread(() -> LIVING.forEach(Process::destroyForcibly), "child-jvm-killer"));
	}

	private final String name;

	private final Process process;

	private final Writer stdin;

	private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

	/** The last lines of output. Guarded by itself. */
	private final Deque<String> output = new ArrayDeque<>();

	private final List<Thread> readers;

	private ChildJvm(String name, Process process) {
		this.name = name;
		this.process = process;
		LIVING.add(process);
		this.stdin = process.outputWriter(StandardCharsets.UTF_8);
		this.readers = List.of(reader("out", process.getInputStream()), reader("err", process.getErrorStream()));
		this.readers.forEach(Thread::start);
	}

	/**
	 * Starts a JVM.
	 * @param main the class with the {@code main} method, which need not be public
	 * @param arguments its arguments
	 * @return the running process
	 */
	public static ChildJvm start(Class<?> main, String... arguments) {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
						"-Dlogback.configurationFile=io/coordination/faults/child-logback.xml", main.getName()));
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command);
		// not an argument: it is longer than some systems allow
		builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
		builder.environment().remove("JAVA_TOOL_OPTIONS");
		try {
			Process process = builder.start();
			return new ChildJvm(main.getSimpleName() + "-" + process.pid(), process);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot start " + main.getName(), ex);
		}
	}

	long pid() {
		return this.process.pid();
	}

	boolean isAlive() {
		return this.process.isAlive();
	}

	/**
	 * Sends one line to the standard input.
	 */
	void tell(String line) {
		try {
			this.stdin.write(line + "\n");
			this.stdin.flush();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(describe("does not listen to '" + line + "'"), ex);
		}
	}

	/**
	 * Waits for the next line that the child said through {@link ChildLines#say}, which
	 * must begin so.
	 * @param beginning how the line begins
	 * @param within how long to wait
	 * @return the rest of the line
	 * @throws AssertionError if another line came, or none in time; carries the output of
	 * the child
	 */
	public String expect(String beginning, Duration within) {
		try {
			String line = this.said.poll(within.toNanos(), TimeUnit.NANOSECONDS);
			if (line == null) {
				throw new AssertionError(describe("did not say '" + beginning + "' within " + within));
			}
			if (!line.startsWith(beginning)) {
				throw new AssertionError(describe("said '" + line + "' instead of '" + beginning + "'"));
			}
			return line.substring(beginning.length()).trim();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AssertionError(describe("interrupted while waiting for '" + beginning + "'"), ex);
		}
	}

	/**
	 * Tells and expects the answer.
	 */
	String ask(String line, String beginning, Duration within) {
		tell(line);
		return expect(beginning, within);
	}

	/**
	 * Whether the child said nothing that was not expected yet.
	 */
	boolean isSilent() {
		return this.said.isEmpty();
	}

	/**
	 * Ends the process without giving it a chance ({@code kill -9}), and waits until it
	 * is gone.
	 */
	void kill() {
		this.process.destroyForcibly();
		try {
			if (!this.process.waitFor(10, TimeUnit.SECONDS)) {
				throw new AssertionError(describe("cannot be killed"));
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		LIVING.remove(this.process);
	}

	/**
	 * Stops all threads of the process at once ({@code SIGSTOP}), like a long garbage
	 * collection or a suspended machine.
	 */
	void pause() {
		Signals.pause(pid());
	}

	/**
	 * Lets a paused process go on.
	 */
	void resume() {
		Signals.resume(pid());
	}

	/**
	 * The last lines of the output, for the message of a failure.
	 */
	String output() {
		synchronized (this.output) {
			return String.join("\n", this.output);
		}
	}

	@Override
	public void close() {
		kill();
		for (Thread reader : this.readers) {
			try {
				reader.join(5000);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	@Override
	public String toString() {
		return this.name;
	}

	private String describe(String what) {
		String state = this.process.isAlive() ? "alive" : "ended with " + this.process.exitValue();
		return this.name + " (" + state + ") " + what + ". Its output:\n" + output();
	}

	private Thread reader(String stream, InputStream in) {
		Thread thread = new Thread(() -> read(in), this.name + "-" + stream);
		thread.setDaemon(true);
		return thread;
	}

	private void read(InputStream in) {
		try (BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				synchronized (this.output) {
					if (this.output.size() == KEPT_LINES) {
						this.output.removeFirst();
					}
					this.output.add(line);
				}
				if (line.startsWith(ChildLines.MARK)) {
					this.said.add(line.substring(ChildLines.MARK.length()));
				}
			}
		}
		catch (IOException ex) {
			// the process ended
		}
	}

}
