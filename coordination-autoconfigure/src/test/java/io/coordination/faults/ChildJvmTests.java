package io.coordination.faults;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ChildJvm}: the process id is that of the JVM, a pause really stops it,
 * and none stays behind.
 */
class ChildJvmTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	@Test
	void talksLineByLineAndIsKilled() {
		long pid;
		try (ChildJvm child = ChildJvm.start(Parrot.class, "hello")) {
			assertThat(child.expect("started", PATIENCE)).isEqualTo("hello");
			pid = child.pid();
			assertThat(child.ask("pid", "pid", PATIENCE)).isEqualTo(Long.toString(pid));
			assertThat(child.ask("print noise", "done", PATIENCE)).isEmpty();
			assertThat(child.isSilent()).as("what is printed is no answer").isTrue();
			assertThat(child.output()).contains("noise");
			child.kill();
			assertThat(child.isAlive()).isFalse();
			assertThatExceptionOfType(AssertionError.class)
				.isThrownBy(() -> child.expect("more", Duration.ofMillis(100)))
				.withMessageContaining("ended with 137")
				.withMessageContaining("noise");
		}
		assertThat(ProcessHandle.of(pid)).isNotPresent();
	}

	@Test
	void aPausedChildSaysNothingUntilItIsResumed() {
		try (ChildJvm child = ChildJvm.start(Parrot.class, "hello")) {
			child.expect("started", PATIENCE);
			child.pause();
			child.tell("pid");
			CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> child.expect("pid", PATIENCE));
			assertThatExceptionOfType(java.util.concurrent.TimeoutException.class)
				.isThrownBy(() -> answer.get(500, java.util.concurrent.TimeUnit.MILLISECONDS));
			child.resume();
			assertThat(answer).succeedsWithin(PATIENCE);
		}
	}

	@Test
	void aPausedChildDoesNotStayBehind() {
		long pid;
		try (ChildJvm child = ChildJvm.start(Parrot.class, "hello")) {
			child.expect("started", PATIENCE);
			pid = child.pid();
			child.pause();
		}
		assertThat(ProcessHandle.of(pid)).isNotPresent();
	}

	@Test
	void aGrandchildEndsWhenItsParentIsKilled() {
		try (ChildJvm child = ChildJvm.start(Parent.class)) {
			long grandchild = Long.parseLong(child.expect("grandchild", PATIENCE));
			assertThat(ProcessHandle.of(grandchild)).isPresent();
			child.kill();
			Awaitility.await().atMost(PATIENCE).until(() -> ProcessHandle.of(grandchild).isEmpty());
		}
	}

	static final class Parrot {

		public static void main(String[] args) throws Exception {
			ChildLines.say("started " + args[0]);
			ChildLines.listen((line) -> {
				if (line.equals("pid")) {
					ChildLines.say("pid " + ProcessHandle.current().pid());
				}
				else {
					System.out.println(line.substring("print ".length()));
					ChildLines.say("done");
				}
			});
		}

	}

	static final class Parent {

		public static void main(String[] args) throws Exception {
			ChildJvm child = ChildJvm.start(Parrot.class, "hello");
			child.expect("started", PATIENCE);
			ChildLines.say("grandchild " + child.pid());
			ChildLines.listen((line) -> {
			});
		}

	}

}
