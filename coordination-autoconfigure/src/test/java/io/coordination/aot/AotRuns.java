package io.coordination.aot;

import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;

import org.springframework.aot.AotDetector;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ConfigurationClassPostProcessor;

/**
 * Starts the application, in a process of its own, in several ways, and prints what it
 * does.
 */
final class AotRuns {

	private AotRuns() {
	}

	public static void main(String[] args) throws Exception {
		say("generated", () -> AotDetector.useGeneratedArtifacts());
		try (ConfigurableApplicationContext context = AotApplication.start("--coordination.backend=memory")) {
			AotApplication.Stock stock = context.getBean(AotApplication.Stock.class);
			LockRegistry locks = context.getBean(LockRegistry.class);
			say("read classes", () -> context.getBeanNamesForType(ConfigurationClassPostProcessor.class).length > 0);
			say("free", () -> stock.deduct(new AotApplication.Article("42", 1)));
			say("unneeded", () -> stock.deduct(new AotApplication.Article("42", 0)));
			say("busy", () -> locks.execute(LockSpec.of("stock:42"),
					(lock) -> elsewhere(() -> stock.deduct(new AotApplication.Article("42", 1)))));
			say("reactive", () -> stock.later("7").block());
			say("job", stock::job);
			say("lost", () -> stock.lose(context.getBean(AotApplication.Losses.class)));
			say("null", () -> stock.deduct(new AotApplication.Article(null, 1)));
		}
		say("mistake", () -> AotApplication.start("--coordination.backend=memory", "--stock.wait=500"));
		say("property",
				() -> AotApplication.start("--coordination.backend=memory", "--coordination.lock.lease-time=0s"));
		say("other backend", () -> AotApplication.start("--coordination.backend=zookeeper"));
	}

	/** The lock is re-entrant, so only another thread finds it busy. */
	private static String elsewhere(Callable<String> call) throws Exception {
		FutureTask<String> task = new FutureTask<>(call);
		Thread thread = new Thread(task);
		thread.start();
		return task.get();
	}

	private static void say(String what, Callable<?> answer) {
		String said;
		try {
			said = String.valueOf(answer.call());
		}
		catch (Exception ex) {
			Throwable cause = ex;
			while (cause.getCause() != null && !(cause instanceof FailureAnalyzedException)) {
				cause = cause.getCause();
			}
			String advice = (cause instanceof FailureAnalyzedException failure) ? " " + failure.analysis().getAction()
					: "";
			said = cause.getClass().getSimpleName() + ": " + (cause.getMessage() + advice).replaceAll("\\s+", " ");
		}
		System.out.println("> " + what + ": " + said);
	}

}
