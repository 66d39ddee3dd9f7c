package io.coordination.aop;

import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.memory.MemoryLockAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Methods that do not say in their type that their work goes on after they return.
 */
class LateResultTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DistributedLockAutoConfiguration.class,
				CoordinationAutoConfiguration.class, MemoryLockAutoConfiguration.class))
		.withPropertyValues("coordination.backend=memory")
		.withBean(Service.class, Service::new);

	@Test
	void workThatGoesOnIsAnError() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			assertThatIllegalStateException().isThrownBy(() -> service.result(new CompletableFuture<>()))
				.withMessage("io.coordination.aop.LateResultTests$Service.result(Object) returned a "
						+ "java.util.concurrent.CompletableFuture, whose work goes on without the lock. Declare it "
						+ "as the return type, so that the lock is held until it has ended, or return the result "
						+ "itself");
			assertThatIllegalStateException().isThrownBy(() -> service.result(Mono.just("a")))
				.withMessageContaining("returned a reactor.core.publisher.MonoJust");
		});
	}

	@Test
	void workThatGoesOnBehindAnyOtherTypeIsAnErrorToo() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			assertThatIllegalStateException().isThrownBy(() -> service.closeable(Stream.of("a")))
				.withMessageContaining("Service.closeable(AutoCloseable) returned a java.util.stream.");
			assertThatIllegalStateException()
				.isThrownBy(() -> service
					.result(CompletableFuture.completedStage("a").thenCompose((value) -> new CompletableFuture<>())))
				.withMessageContaining("whose work goes on");
		});
	}

	@Test
	void workThatIsDoneIsAResult() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			assertThat(service.result("a")).isEqualTo("a");
			assertThat(service.result(CompletableFuture.completedStage("a"))).isNotNull();
			assertThat(service.result(CompletableFuture.completedFuture("a"))).isInstanceOf(CompletableFuture.class);
		});
	}

	static class Service {

		@DistributedLock
		AutoCloseable closeable(AutoCloseable closeable) {
			return closeable;
		}

		@DistributedLock
		Object result(Object result) {
			return result;
		}

	}

}
