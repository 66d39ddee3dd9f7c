package io.coordination.aop;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.annotation.AliasFor;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.coordination.lock.event.LockAcquired;
import io.coordination.lock.event.LockListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the locks of the annotation are counted under: the name that it gives, or class
 * and method; never a key.
 */
class LockLabelTests extends LockedFixture<LockLabelTests.Service> {

	private static final String CLASS = Service.class.getName();

	private final List<String> acquired = new CopyOnWriteArrayList<>();

	LockLabelTests() {
		super(Service.class);
	}

	@Override
	ApplicationContextRunner runner() {
		return super.runner().withBean(LockListener.class, () -> (event) -> {
			if (event instanceof LockAcquired) {
				this.acquired.add(event.name() + " as " + event.label());
			}
		});
	}

	@Test
	void aNameIsTheLabel() {
		run(runner().withPropertyValues("shop=corner"), (service) -> {
			service.named(1);
			service.named(2);
			service.placeholder(1);
			service.colon(1);
			service.several(List.of(2, 1));
		});
		assertThat(this.acquired).containsExactly("stock:1 as stock", "stock:2 as stock",
				"stock-corner:1 as stock-corner", "a\\:b:1 as a:b", "stock:1 as stock", "stock:2 as stock");
	}

	@Test
	void withoutANameClassAndMethodAre() {
		run((service) -> {
			service.nameless(1);
			service.keyAlone(1);
		});
		assertThat(this.acquired).containsExactly(CLASS + "#nameless(long) as " + CLASS + ".nameless",
				":1 as " + CLASS + ".keyAlone");
	}

	@Test
	void composedAnnotationsHaveTheNameTheyAreGiven() {
		run((service) -> {
			service.job();
			service.throttled(1);
			service.throttledByItself();
			service.composed(1);
		});
		assertThat(this.acquired).containsExactly("job as job", "sms:1 as sms",
				CLASS + "#throttledByItself() as " + CLASS + ".throttledByItself", "own:1 as own");
	}

	@Test
	void eachOfSeveralAnnotationsHasItsOwn() {
		run((service) -> {
			service.two(1, 2);
			service.alike(1, 2);
			service.mixed(1);
		});
		assertThat(this.acquired).containsExactly("account:2 as account", "stock:1 as stock", "stock:1 as stock",
				"stock:2 as stock", ":1 as " + CLASS + ".mixed", "a as a", "a\\:b as a:b");
	}

	@Test
	void stagesHaveIt() {
		run((service) -> {
			service.stage(1).toCompletableFuture().join();
			service.stageOfTwo(1, 2).toCompletableFuture().join();
		});
		assertThat(this.acquired).containsExactly("stock:1 as stock", "account:2 as account", "stock:1 as stock");
	}

	@Test
	void publishersHaveIt() {
		run((service) -> {
			Mono<String> mono = service.mono(1);
			mono.block();
			mono.block();
			service.flux(2).blockLast();
		});
		assertThat(this.acquired).containsExactly("stock:1 as stock", "stock:1 as stock", "stock:2 as stock");
	}

	@Test
	void joinedTransactionsHaveIt() {
		runner()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					DataSourceTransactionManagerAutoConfiguration.class, LockTransactionAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=jdbc:h2:mem:labels")
			.withBean(Service.class)
			.run((context) -> new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> {
					Service service = context.getBean(Service.class);
					service.named(1);
					service.two(1, 2);
					service.stage(3).toCompletableFuture().join();
				}));
		assertThat(this.acquired).containsExactly("stock:1 as stock", "account:2 as account", "stock:3 as stock");
	}

	@Test
	void whatACallAroundHoldsIsNotAcquiredAgain() {
		run((service) -> service.around(() -> service.two(1, 2)).toCompletableFuture().join());
		assertThat(this.acquired).containsExactly("stock:1 as stock", "account:2 as account");
	}

	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@DistributedLock(key = "#key")
	@interface Own {

		@AliasFor(annotation = DistributedLock.class, attribute = "name")
		String value();

	}

	static class Service {

		@DistributedLock(name = "stock", key = "#key")
		public void named(long key) {
		}

		@DistributedLock(name = "stock-${shop:none}", key = "#key")
		public void placeholder(long key) {
		}

		@DistributedLock(name = "a:b", key = "#key")
		public void colon(long key) {
		}

		@DistributedLock(name = "stock", keys = "#keys")
		public void several(List<Integer> keys) {
		}

		@DistributedLock
		public void nameless(long key) {
		}

		@DistributedLock(key = "#key")
		public void keyAlone(long key) {
		}

		@SingleRun("job")
		public void job() {
		}

		@Throttle(value = "sms", key = "#key", every = "1m")
		public void throttled(long key) {
		}

		@Throttle(every = "1m")
		public void throttledByItself() {
		}

		@Own("own")
		public void composed(long key) {
		}

		@DistributedLock(name = "stock", key = "#stock")
		@DistributedLock(name = "account", key = "#account")
		public void two(long stock, long account) {
		}

		@DistributedLock(name = "stock", key = "#one")
		@DistributedLock(name = "stock", key = "#other")
		public void alike(long one, long other) {
		}

		@DistributedLock("a")
		@DistributedLock("a:b")
		@DistributedLock(key = "#key")
		public void mixed(long key) {
		}

		@DistributedLock(name = "stock", key = "#key")
		public CompletionStage<String> stage(long key) {
			return CompletableFuture.completedFuture("done");
		}

		@DistributedLock(name = "stock", key = "#stock")
		@DistributedLock(name = "account", key = "#account")
		public CompletionStage<String> stageOfTwo(long stock, long account) {
			return CompletableFuture.completedFuture("done");
		}

		@DistributedLock(name = "stock", key = "1")
		public CompletionStage<String> around(Runnable inside) {
			inside.run();
			return CompletableFuture.completedFuture("done");
		}

		@DistributedLock(name = "stock", key = "#key")
		public Mono<String> mono(long key) {
			return Mono.just("done");
		}

		@DistributedLock(name = "stock", key = "#key")
		public Flux<String> flux(long key) {
			return Flux.just("done", "and done");
		}

	}

}
