package io.coordination.aop;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.coordination.lock.HeldLock;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Grants that come when the call has been given up, as one does that was on its way then.
 * Whoever does not look for that keeps the lock for ever.
 */
class LateGrantTests {

	private final Queue<Grant> grants = new ConcurrentLinkedQueue<>();

	@Test
	void isGivenBackByAStageThatWasCancelled() {
		run((registry, service) -> {
			CompletableFuture<String> result = service.stage();
			assertThat(result.cancel(true)).isTrue();
			this.grants.remove().arrive();
			Awaitility.await().until(() -> names(registry).isEmpty());
			assertThat(service.entered()).isEmpty();
		});
	}

	@Test
	void isGivenBackByASubscriptionThatWasCancelled() {
		run((registry, service) -> {
			Disposable subscription = service.mono().subscribe();
			subscription.dispose();
			this.grants.remove().arrive();
			Awaitility.await().until(() -> names(registry).isEmpty());
			assertThat(service.entered()).isEmpty();
		});
	}

	private static List<String> names(LockRegistry registry) {
		return registry.held().stream().map(HeldLock::name).toList();
	}

	private void run(Visit visit) {
		try (ManagedLockRegistry registry = LockRegistryBuilder.of(new MemoryLockBackendFactory()).build()) {
			registry.start();
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(DistributedLockAutoConfiguration.class))
				.withBean("late", LockRegistry.class, () -> late(registry))
				.withBean(Service.class)
				.run((context) -> visit.run(registry, context.getBean(Service.class)));
		}
	}

	private LockRegistry late(LockRegistry registry) {
		return (LockRegistry) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { LockRegistry.class },
				(proxy, method, arguments) -> {
					try {
						Object answer = method.invoke(registry, arguments);
						if (method.getName().equals("enterAsync") && answer instanceof CompletableFuture<?> granted) {
							Grant grant = new Grant((LockHandle) granted.join());
							this.grants.add(grant);
							return grant;
						}
						return answer;
					}
					catch (InvocationTargetException ex) {
						throw ex.getTargetException();
					}
				});
	}

	/**
	 * What to do with the service.
	 */
	interface Visit {

		void run(LockRegistry registry, Service service);

	}

	/** A grant that cannot be cancelled any more, and has not arrived yet. */
	private static final class Grant extends CompletableFuture<LockHandle> {

		private final LockHandle handle;

		Grant(LockHandle handle) {
			this.handle = handle;
		}

		void arrive() {
			complete(this.handle);
		}

		@Override
		public boolean cancel(boolean mayInterrupt) {
			return false;
		}

	}

	static class Service {

		private final Queue<String> entered = new ConcurrentLinkedQueue<>();

		public Queue<String> entered() {
			return this.entered;
		}

		@DistributedLock("work")
		public CompletableFuture<String> stage() {
			this.entered.add("stage");
			return CompletableFuture.completedFuture("done");
		}

		@DistributedLock("work")
		public Mono<String> mono() {
			return Mono.fromSupplier(() -> {
				this.entered.add("mono");
				return "done";
			});
		}

	}

}
