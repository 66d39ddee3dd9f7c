package io.coordination.aop;

import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.coordination.aop.BusyMistakes.Guarded;
import io.coordination.aop.BusyMistakes.GuardedByItsClass;
import io.coordination.aop.BusyMistakes.Itself;
import io.coordination.aop.BusyMistakes.NoBean;
import io.coordination.aop.BusyMistakes.NoConstructor;
import io.coordination.aop.BusyMistakes.NoFallback;
import io.coordination.aop.BusyMistakes.OtherParameters;
import io.coordination.aop.BusyMistakes.OtherReturnType;
import io.coordination.aop.BusyMistakes.SkippedPrimitive;
import io.coordination.aop.BusyMistakes.Twice;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockNotAcquiredException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a call gives whose lock is busy. The body never runs: an aspect that goes on
 * without the lock, or after its last attempt, fails all of these.
 */
class BusyPolicyTests extends LockedFixture<BusyPolicyTests.Service> {

	BusyPolicyTests() {
		super(Service.class);
	}

	@Override
	ApplicationContextRunner runner() {
		return super.runner().withBean(Answering.class).withPropertyValues("coordination.lock.wait-time=0s");
	}

	@Test
	void fallbackMethodsAnswer() throws Exception {
		busy((service) -> {
			assertThat(service.plainFallback(1)).isEqualTo("plain 1");
			assertThat(service.toldFallback(1)).startsWith("told 1: Lock 'work' not acquired");
			assertThat(service.inheritedFallback(1)).isEqualTo("inherited 1");
		});
	}

	@Test
	void whatAFallbackMethodThrowsPassesThrough() throws Exception {
		busy((service) -> assertThatExceptionOfType(IOException.class).isThrownBy(() -> service.throwingFallback(1))
			.withMessage("of the fallback"));
	}

	@Test
	void handlersAnswer() throws Exception {
		busy((service) -> assertThat(service.handled(7))
			.startsWith("handled [7] of handled on " + Service.class.getSimpleName() + ": Lock 'work'"));
	}

	@Test
	void ownExceptionsAreThrown() throws Exception {
		busy((service) -> {
			assertThatExceptionOfType(Own.class).isThrownBy(() -> service.own(1))
				.withMessageStartingWith("Lock 'work' not acquired")
				.withCauseInstanceOf(LockNotAcquiredException.class);
			assertThatExceptionOfType(OnlyMessage.class).isThrownBy(() -> service.onlyMessage(1))
				.withMessageStartingWith("Lock 'work' not acquired")
				.withCauseInstanceOf(LockNotAcquiredException.class);
		});
	}

	@Test
	void skippedCallsReturnNothing() throws Exception {
		busy((service) -> {
			assertThat(service.skipped(1)).isNull();
			assertThat(service.skippedOptional(1)).isEmpty();
		});
	}

	@Test
	void propertiesSayWhatOthersDo() throws Exception {
		run(runner().withPropertyValues("coordination.lock.on-busy=skip"), (service) -> {
			try (LockHandle other = registry().acquire("work")) {
				assertThat(elsewhere(() -> service.nothingSaid(1))).isNull();
				assertThat(other.fencingToken()).isPositive();
			}
		});
		run(runner().withPropertyValues("coordination.lock.locks.work.on-busy=skip"), (service) -> {
			try (LockHandle other = registry().acquire("work")) {
				assertThat(elsewhere(() -> service.nothingSaid(1))).isNull();
				assertThat(elsewhere(() -> service.thrown(1))).as("the properties come before the annotation").isNull();
				assertThat(other.fencingToken()).isPositive();
			}
		});
	}

	@ParameterizedTest
	@ValueSource(classes = { NoFallback.class, OtherParameters.class, OtherReturnType.class, Twice.class, NoBean.class,
			NoConstructor.class, SkippedPrimitive.class, Itself.class, Guarded.class, GuardedByItsClass.class })
	void whatCannotAnswerIsRefusedAtStartUp(Class<?> type) {
		runner().withBean(type)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidDistributedLockException.class)
				.message()
				.startsWith("@DistributedLock on " + type.getName() + ".work(int): ")
				.contains(type.getAnnotation(Message.class).value()));
	}

	private void busy(Visit<Service> test) throws Exception {
		run((service) -> {
			try (LockHandle other = registry().acquire("work")) {
				elsewhere(() -> {
					test.run(service);
					return null;
				});
				assertThat(other.fencingToken()).isPositive();
			}
			assertThat(service.entered()).isEmpty();
		});
	}

	private static <T> @Nullable T elsewhere(Callable<T> call) throws Exception {
		try {
			return CompletableFuture.supplyAsync(() -> {
				try {
					return call.call();
				}
				catch (Exception ex) {
					throw new CompletionException(ex);
				}
			}).get();
		}
		catch (ExecutionException ex) {
			throw new AssertionError(ex.getCause());
		}
	}

	@Retention(RetentionPolicy.RUNTIME)
	@interface Message {

		String value();

	}

	static class Own extends RuntimeException {

		private static final long serialVersionUID = 1L;

		public Own(String message, Throwable cause) {
			super(message, cause);
		}

	}

	static class OnlyMessage extends RuntimeException {

		private static final long serialVersionUID = 1L;

		public OnlyMessage(String message) {
			super(message);
		}

	}

	static class NoMessage extends RuntimeException {

		private static final long serialVersionUID = 1L;

	}

	static class Answering implements LockFailureHandler {

		@Override
		public Object handle(LockInvocation invocation, LockNotAcquiredException busy) {
			return "handled " + invocation.arguments() + " of " + invocation.method().getName() + " on "
					+ invocation.target().getClass().getSimpleName() + ": " + busy.getMessage();
		}

	}

	static class Unknown extends Answering {

	}

	static class Parent {

		String inherited(int number) {
			return "inherited " + number;
		}

	}

	@SuppressWarnings("unused") // Fallback methods are called by name
	static class Service extends Parent {

		private final List<Integer> entered = new ArrayList<>();

		public List<Integer> entered() {
			return this.entered;
		}

		@DistributedLock(name = "work", fallbackMethod = "plain")
		public String plainFallback(int number) {
			return enter(number);
		}

		private String plain(int number) {
			return "plain " + number;
		}

		@DistributedLock(name = "work", fallbackMethod = "told")
		public String toldFallback(int number) {
			return enter(number);
		}

		private String told(int number, LockNotAcquiredException busy) {
			return "told " + number + ": " + busy.getMessage();
		}

		@DistributedLock(name = "work", fallbackMethod = "inherited")
		public String inheritedFallback(int number) {
			return enter(number);
		}

		@DistributedLock(name = "work", fallbackMethod = "throwing")
		public String throwingFallback(int number) throws IOException {
			return enter(number);
		}

		private String throwing(int number) throws IOException {
			throw new IOException("of the fallback");
		}

		@DistributedLock(name = "work", failureHandler = Answering.class)
		public String handled(int number) {
			return enter(number);
		}

		@DistributedLock(name = "work", exception = Own.class)
		public String own(int number) {
			return enter(number);
		}

		@DistributedLock(name = "work", exception = OnlyMessage.class)
		public String onlyMessage(int number) {
			return enter(number);
		}

		@DistributedLock(name = "work", onBusy = OnBusy.SKIP)
		public @Nullable String skipped(int number) {
			return enter(number);
		}

		@DistributedLock(name = "work", onBusy = OnBusy.SKIP)
		public Optional<String> skippedOptional(int number) {
			return Optional.of(enter(number));
		}

		@DistributedLock("work")
		public String nothingSaid(int number) {
			return enter(number);
		}

		@DistributedLock(name = "work", onBusy = OnBusy.THROW)
		public String thrown(int number) {
			return enter(number);
		}

		private String enter(int number) {
			this.entered.add(number);
			return "entered";
		}

	}

}
