package io.coordination.aot;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import javax.tools.ToolProvider;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.context.aot.AbstractAotProcessor;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The library in an application that is processed ahead of time, as the plugins of Spring
 * Boot do it, and started from what that generates: in a process of its own, since the
 * generated classes belong to packages of the library.
 */
class GeneratedApplicationTests {

	private static Map<String, String> said;

	@BeforeAll
	static void run(@TempDir Path directory) throws Exception {
		Path sources = directory.resolve("sources");
		Path classes = Files.createDirectories(directory.resolve("classes"));
		new SpringApplicationAotProcessor(AotApplication.class,
				AbstractAotProcessor.Settings.builder()
					.sourceOutput(sources)
					.resourceOutput(directory.resolve("resources"))
					.classOutput(classes)
					.groupId("io.coordination")
					.artifactId("aot")
					.build(),
				new String[] { "--coordination.backend=memory" })
			.process();
		compile(sources, classes);
		said = runs(classes, directory.resolve("log"));
	}

	private static void compile(Path sources, Path classes) throws IOException {
		List<String> arguments = new ArrayList<>(List.of("-proc:none", "-nowarn", "-parameters", "-cp",
				classes + File.pathSeparator + System.getProperty("java.class.path"), "-d", classes.toString()));
		try (Stream<Path> files = Files.walk(sources)) {
			files.map(Path::toString).filter((file) -> file.endsWith(".java")).forEach(arguments::add);
		}
		assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
			.isZero();
	}

	private static Map<String, String> runs(Path classes, Path log) throws Exception {
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-XX:TieredStopAtLevel=1", "-Dspring.aot.enabled=true", "-cp",
				classes + File.pathSeparator + System.getProperty("java.class.path"), AotRuns.class.getName())
			.redirectErrorStream(true)
			.redirectOutput(log.toFile())
			.start();
		try {
			assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("It has ended").isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		String output = Files.readString(log, StandardCharsets.UTF_8);
		assertThat(process.exitValue()).as(output).isZero();
		Map<String, String> said = new TreeMap<>();
		output.lines().filter((line) -> line.startsWith("> ")).forEach((line) -> {
			String[] parts = line.substring(2).split(": ", 2);
			said.put(parts[0], parts[1]);
		});
		assertThat(said).as(output).isNotEmpty();
		return said;
	}

	@Test
	void itStartsFromGeneratedCode() {
		assertThat(said).containsEntry("generated", "true").containsEntry("read classes", "false");
	}

	@Test
	void aCallHoldsTheLockOfItsKey() {
		assertThat(said).containsEntry("free", "stock:42").containsEntry("reactive", "later:7");
	}

	@Test
	void aCallWhoseConditionIsFalseHoldsNone() {
		assertThat(said).containsEntry("unneeded", "");
	}

	@Test
	void aBusyLockIsAnsweredByTheFallback() {
		assertThat(said).containsEntry("busy", "busy");
	}

	@Test
	void composedAnnotationsWork() {
		assertThat(said).containsEntry("job", "1");
	}

	@Test
	void losingALockIsAnEvent() {
		assertThat(said).containsEntry("lost", "LOST");
	}

	@Test
	void keysAreCheckedAtTheCall() {
		assertThat(said.get("null")).startsWith("LockKeyException: The key \"#article.sku\" of ").endsWith(" is null");
	}

	@Test
	void mistakesAreReportedAtStartUp() {
		assertThat(said.get("mistake")).contains("waitTime = \"500\" has no unit.");
		assertThat(said.get("property")).contains("'coordination.lock.lease-time' cannot be used");
	}

	@Test
	void theBackendIsTheOneThatItWasProcessedWith() {
		assertThat(said.get("other backend"))
			.contains("'coordination.backend' is 'zookeeper', but there is no such lock backend; there is: memory.")
			.endsWith(
					" This application was processed ahead of time, which decided what backends there are: process it "
							+ "again, with 'coordination.backend=zookeeper'.");
	}

}
