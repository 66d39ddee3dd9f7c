package io.coordination.prevented;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockHandle;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A method that no proxy intercepts, and that runs without its lock. The naive aspect is
 * an advisor that looks at nothing: it is not asked, so nobody notices.
 */
@ExtendWith(OutputCaptureExtension.class)
class UnproxiedMethodTests {

	private static final ThreadLocal<Boolean> locked = ThreadLocal.withInitial(() -> false);

	private static final Aspect NAIVE = (call, lock, registry) -> {
		try (LockHandle handle = registry.acquire(lock.name())) {
			locked.set(handle.fencingToken() > 0);
			return call.proceed();
		}
		finally {
			locked.remove();
		}
	};

	@ParameterizedTest
	@ValueSource(classes = { PrivateMethod.class, StaticMethod.class, SelfCall.class })
	void aspectIsNotAsked(Class<? extends Caller> type) {
		Locked.run(Locked.aspect(NAIVE), Proxied.class, (proxied) -> assertThat(proxied.service().work()).isTrue());
		Locked.run(Locked.aspect(NAIVE), type, (unproxied) -> assertThat(unproxied.service().call()).isFalse());
	}

	@Test
	void aspectIsNotAskedForAFinalMethod() {
		Locked.run(Locked.aspect(NAIVE), FinalMethod.class,
				(unproxied) -> assertThat(unproxied.service().work()).isFalse());
	}

	@Test
	void aspectIsNotAskedForABeanThatIsNoProxy() {
		byHand(Locked.aspect(NAIVE))
			.run((context) -> assertThat(context.getBean(Proxied.class).work()).as("locked").isFalse());
	}

	@ParameterizedTest
	@ValueSource(classes = { PrivateMethod.class, FinalMethod.class, StaticMethod.class })
	void libraryRefusesAMethodThatCannotBeIntercepted(Class<?> type) {
		Locked.library()
			.withBean(type)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining(type.getName() + ".work()")
				.hasMessageContaining("it would run without the lock."));
	}

	@Test
	void libraryRefusesABeanThatIsNoProxy() {
		byHand(Locked.library()).run((context) -> assertThat(context).getFailure()
			.hasMessageContaining("bean 'byHand' is not proxied, so the method would run without the lock."));
	}

	@Test
	void libraryWarnsOfASelfCall(CapturedOutput output) {
		Locked.run(Locked.library(), SelfCall.class, (locked) -> assertThat(output)
			.contains("calls its own method 'work', which goes past the proxy and runs without the lock."));
	}

	private static ApplicationContextRunner byHand(ApplicationContextRunner application) {
		return application
			.withInitializer((context) -> context.getBeanFactory().registerSingleton("byHand", new Proxied()));
	}

	static class Proxied {

		@DistributedLock("work")
		public boolean work() {
			return locked.get();
		}

	}

	abstract static class Caller {

		abstract boolean call();

	}

	static class PrivateMethod extends Caller {

		@Override
		boolean call() {
			return work();
		}

		@DistributedLock("work")
		private boolean work() {
			return locked.get();
		}

	}

	static class FinalMethod {

		@DistributedLock("work")
		public final boolean work() {
			return locked.get();
		}

	}

	static class StaticMethod extends Caller {

		@Override
		boolean call() {
			return work();
		}

		@DistributedLock("work")
		public static boolean work() {
			return locked.get();
		}

	}

	static class SelfCall extends Caller {

		@Override
		boolean call() {
			return work();
		}

		@DistributedLock("work")
		public boolean work() {
			return locked.get();
		}

	}

}
