package io.coordination.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;

/**
 * What a call of an annotated method costs beyond {@link LockRegistry#execute}: each
 * annotated method has next to it the code that takes the same lock by hand. The locks
 * are in the memory of the process and nobody else wants them, so that nothing else is
 * measured.
 *
 * @see AnnotationOverhead
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class AnnotationBenchmark {

	private final ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
		.web(WebApplicationType.NONE)
		.properties("coordination.backend=memory", "logging.level.root=error", "spring.main.banner-mode=off")
		.run();

	private final LockRegistry registry = this.context.getBean(LockRegistry.class);

	private final Work work = this.context.getBean(Work.class);

	private final Work plain = new Work();

	private Item item = new Item(4711, "a");

	/**
	 * Stops the application.
	 */
	@TearDown
	public void stop() {
		this.context.close();
	}

	/**
	 * A lock that all calls share.
	 * @return the result of the work
	 */
	@Benchmark
	public long nameAnnotated() {
		return this.work.named(this.item);
	}

	/**
	 * The same by hand.
	 * @return the result of the work
	 * @throws InterruptedException if the thread is interrupted
	 */
	@Benchmark
	public long nameByHand() throws InterruptedException {
		return this.registry.execute(LockSpec.of("total"), (handle) -> this.plain.named(this.item));
	}

	/**
	 * A parameter as the key.
	 * @return the result of the work
	 */
	@Benchmark
	public long keyAnnotated() {
		return this.work.keyed(this.item.sku());
	}

	/**
	 * The same by hand.
	 * @return the result of the work
	 * @throws InterruptedException if the thread is interrupted
	 */
	@Benchmark
	public long keyByHand() throws InterruptedException {
		return this.registry.execute(LockSpec.of("stock:" + this.item.sku()),
				(handle) -> this.plain.keyed(this.item.sku()));
	}

	/**
	 * Properties of a parameter, joined.
	 * @return the result of the work
	 */
	@Benchmark
	public long propertiesAnnotated() {
		return this.work.joined(this.item);
	}

	/**
	 * The same by hand.
	 * @return the result of the work
	 * @throws InterruptedException if the thread is interrupted
	 */
	@Benchmark
	public long propertiesByHand() throws InterruptedException {
		return this.registry.execute(LockSpec.of("stock:" + this.item.sku() + "/" + this.item.size()),
				(handle) -> this.plain.joined(this.item));
	}

	/**
	 * Two locks.
	 * @return the result of the work
	 */
	@Benchmark
	public long severalAnnotated() {
		return this.work.both(this.item.sku(), 42);
	}

	/**
	 * The same by hand.
	 * @return the result of the work
	 * @throws InterruptedException if the thread is interrupted
	 */
	@Benchmark
	public long severalByHand() throws InterruptedException {
		return this.registry.execute(LockSpec.ofAll(List.of("account:" + this.item.sku(), "account:" + 42)),
				(handle) -> this.plain.both(this.item.sku(), 42));
	}

	/**
	 * What is locked: next to nothing.
	 */
	public static class Work {

		/**
		 * Locks by name.
		 * @param item what it is done with
		 * @return a number
		 */
		@DistributedLock("total")
		public long named(Item item) {
			return item.sku();
		}

		/**
		 * Locks by key.
		 * @param sku what it is done with
		 * @return a number
		 */
		@DistributedLock(name = "stock", key = "#sku")
		public long keyed(long sku) {
			return sku;
		}

		/**
		 * Locks by a key of two parts.
		 * @param item what it is done with
		 * @return a number
		 */
		@DistributedLock(name = "stock", key = "#{#item.sku}/#{#item.size}")
		public long joined(Item item) {
			return item.sku();
		}

		/**
		 * Locks two.
		 * @param from one
		 * @param to the other
		 * @return a number
		 */
		@DistributedLock(name = "account", keys = { "#from", "#to" })
		public long both(long from, long to) {
			return from + to;
		}

	}

	/**
	 * Something with a key in it.
	 *
	 * @param sku a part of the key
	 * @param size a part of the key
	 */
	public record Item(long sku, String size) {
	}

	/**
	 * The application.
	 */
	@SpringBootApplication
	static class Application {

		@Bean
		Work work() {
			return new Work();
		}

	}

}
