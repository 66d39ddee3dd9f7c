package io.coordination.aop;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.http.ResponseEntity;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

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

	@ParameterizedTest
	@CsvSource({ "Body, StreamingResponseBody", "Several, CompletableFuture", "Perhaps, Mono", "Array, Callable" })
	void workThatGoesOnInsideOfTheResultIsRefused(String type, String part) throws Exception {
		Class<?> bean = Class.forName(LateResultTests.class.getName() + "$" + type);
		this.runner.withBean(bean)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidDistributedLockException.class)
				.message()
				.startsWith("@DistributedLock on " + bean.getName() + ".work(): the method returns ")
				.endsWith(", and the work of the " + part + " would go on after the lock was released."));
	}

	@Test
	void workThatIsDoneIsAResult() {
		this.runner.run((context) -> {
			Service service = context.getBean(Service.class);
			assertThat(service.result("a")).isEqualTo("a");
			assertThat(service.forTheCallAlone()).hasSize(1);
			assertThat(service.ofTypes().keySet()).isEmpty();
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

		@DistributedLock(release = ReleasePolicy.AFTER_INVOCATION)
		List<Callable<String>> forTheCallAlone() {
			return List.of(() -> "a");
		}

		@DistributedLock
		<T extends Comparable<T>> Map<Class<? extends CompletableFuture<T>>, T> ofTypes() {
			return Map.of();
		}

	}

	static class Body {

		@DistributedLock
		@Nullable ResponseEntity<StreamingResponseBody> work() {
			return null;
		}

	}

	static class Several {

		@DistributedLock
		List<CompletableFuture<String>> work() {
			return List.of();
		}

	}

	static class Perhaps {

		@DistributedLock
		Map<String, Optional<? extends Mono<String>>> work() {
			return Map.of();
		}

	}

	static class Array {

		@DistributedLock
		Callable<?>[] work() {
			return new Callable<?>[0];
		}

	}

}
