package io.coordination.aop;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.coordination.lock.LockRegistry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What interfaces say, of classes that people write and of those that are generated.
 */
class ContractsTests extends LockedFixture<ContractsTests.Writer> {

	ContractsTests() {
		super(Writer.class);
	}

	@Override
	ApplicationContextRunner runner() {
		return super.runner().withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class));
	}

	@Test
	void aParameterOfAnInterfaceTakesTheToken() {
		run((service) -> {
			assertThat(service.write("a", 0)).as("the token").isPositive();
			assertThat(service.inherited("a", 0)).as("the token").isPositive();
		});
	}

	@Test
	void whatAnInterfaceSaysOfItsMethodsIsOneLockInEveryProcess() {
		AtomicLong calls = new AtomicLong();
		locked((Job) (locks, id) -> {
			calls.incrementAndGet();
			return names(locks);
		});
		InvocationHandler handler = (proxy, method, arguments) -> switch (method.getName()) {
			case "run" -> {
				calls.incrementAndGet();
				yield names((LockRegistry) arguments[0]);
			}
			case "hashCode" -> 1;
			case "equals" -> proxy == arguments[0];
			default -> "job";
		};
		locked((Job) Proxy.newProxyInstance(Job.class.getClassLoader(), new Class<?>[] { Job.class }, handler));
		assertThat(calls).hasValue(2);
	}

	private void locked(Job job) {
		runner().withBean("job", Job.class, () -> job).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(Job.class).run(context.getBean(LockRegistry.class), 7))
				.containsExactly("io.coordination.aop.ContractsTests$Job#run(io.coordination.lock.LockRegistry,int)");
		});
	}

	@Test
	void keysOfWhatIsGeneratedUseTheNamesOfTheInterface() {
		runner().withBean("job", KeyedJob.class, () -> (locks, id) -> names(locks)).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(KeyedJob.class).run(context.getBean(LockRegistry.class), 7))
				.containsExactly("job:7");
		});
	}

	@Test
	void twoContractsThatDifferAreRefused() throws Exception {
		ApplicationContextRunner runner = runner();
		for (Class<?> type : List.of(TwoContracts.class, OfItsParentToo.class)) {
			runner.withBean(type)
				.run((context) -> assertThat(context).getFailure()
					.rootCause()
					.isInstanceOf(InvalidDistributedLockException.class)
					.message()
					.startsWith("@DistributedLock on " + type.getName() + ".work(): the method is annotated in several "
							+ "types, and what ")
					.endsWith(" says would not count."));
		}
		for (Class<?> type : List.of(SaysItself.class, Refined.class, SameContracts.class)) {
			runner.withBean(type).run((context) -> assertThat(context).hasNotFailed());
		}
		Method work = Refined.class.getMethod("work");
		assertThat(LockedMethods.annotations(work, Refined.class)).singleElement()
			.extracting((annotation) -> annotation.synthesize().name())
			.isEqualTo("refined");
	}

	@Test
	void theShapeOfAClassMakesNoDifference() {
		ApplicationContextRunner runner = runner().withBean(Visible.class)
			.withBean(Generic.class)
			.withBean("default", Default.class, WithDefault::new);
		runner.run(ContractsTests::callsAreLocked);
		runner.withPropertyValues("spring.aop.proxy-target-class=false")
			.withBean("record", Default.class, () -> new OfRecord("record"))
			.run((context) -> {
				callsAreLocked(context);
				assertThat(context.getBean("record", Default.class).work(context.getBean(LockRegistry.class)))
					.containsExactly("default");
			});
	}

	private static void callsAreLocked(AssertableApplicationContext context) {
		assertThat(context).hasNotFailed();
		LockRegistry locks = context.getBean(LockRegistry.class);
		assertThat(context.getBean(Visible.class).work(locks)).containsExactly("hidden");
		@SuppressWarnings("unchecked")
		Handler<String> handler = context.getBean(Handler.class);
		assertThat(handler.handle(locks, "a", "b")).containsExactlyInAnyOrder("generic:a", "generic:b");
		assertThat(context.getBean("default", Default.class).work(locks)).containsExactly("default");
	}

	static List<String> names(LockRegistry locks) {
		return locks.held().stream().map((held) -> held.name()).toList();
	}

	interface Tokens {

		@DistributedLock("tokens")
		long write(String text, @FencingToken long token);

	}

	abstract static class GenericTokens<T> {

		@DistributedLock("generic")
		public abstract long inherited(T text, @FencingToken long token);

	}

	static class Writer extends GenericTokens<String> implements Tokens {

		@Override
		public long write(String text, long token) {
			return token;
		}

		@Override
		public long inherited(String text, long token) {
			return token;
		}

	}

	@DistributedLock
	interface Job {

		List<String> run(LockRegistry locks, int id);

	}

	@DistributedLock(name = "job", key = "#id")
	interface KeyedJob {

		List<String> run(LockRegistry locks, int id);

	}

	interface First {

		@DistributedLock("first")
		void work();

	}

	interface Second {

		@DistributedLock("second")
		void work();

	}

	interface AlsoFirst {

		@DistributedLock("first")
		void work();

	}

	interface Refining extends First {

		@Override
		@DistributedLock("refined")
		void work();

	}

	static class TwoContracts implements First, Second {

		@Override
		public void work() {
		}

	}

	static class Base {

		@DistributedLock("base")
		public void work() {
		}

	}

	static class OfItsParentToo extends Base implements First {

		@Override
		public void work() {
		}

	}

	static class SaysItself implements First, Second {

		@Override
		@DistributedLock("own")
		public void work() {
		}

	}

	static class Refined implements Refining {

		@Override
		public void work() {
		}

	}

	static class SameContracts implements First, AlsoFirst {

		@Override
		public void work() {
		}

	}

	static class Hidden {

		@DistributedLock("hidden")
		public List<String> work(LockRegistry locks) {
			return names(locks);
		}

	}

	public static class Visible extends Hidden {

	}

	interface Handler<T> {

		List<String> handle(LockRegistry locks, T first, String... others);

	}

	static class Generic implements Handler<String> {

		@Override
		@DistributedLock(name = "generic", keys = { "#first", "#others" }, fallbackMethod = "busy")
		public List<String> handle(LockRegistry locks, String first, String... others) {
			return names(locks);
		}

		List<String> busy(LockRegistry locks, String first, String... others) {
			return List.of("busy");
		}

	}

	interface Default {

		@DistributedLock("default")
		default List<String> work(LockRegistry locks) {
			return names(locks);
		}

	}

	static class WithDefault implements Default {

	}

	record OfRecord(String name) implements Default {

	}

}
