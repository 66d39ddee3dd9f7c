package io.coordination.web;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.AbstractApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.DistributedLockAutoConfiguration;
import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockOutcomeUnknownException;
import io.coordination.lock.LockRegistry;
import io.coordination.memory.MemoryLockAutoConfiguration;
import io.coordination.web.OwnAdvices.OwnAdvice;
import io.coordination.web.OwnAdvices.OwnLateAdvice;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What clients of both kinds of web applications see.
 */
abstract class LockProblemContract {

	static final AutoConfigurations LOCKS = AutoConfigurations.of(LockProblemAutoConfiguration.class,
			CoordinationAutoConfiguration.class, MemoryLockAutoConfiguration.class,
			DistributedLockAutoConfiguration.class);

	/**
	 * An application with the controller and its routes.
	 */
	abstract AbstractApplicationContextRunner<?, ?, ?> runner();

	abstract WebTestClient client(ApplicationContext context);

	@ParameterizedTest
	@ValueSource(strings = { "/throws/busy", "/fails/busy", "/wrapped-by-jdk/busy", "/route/busy" })
	void busyLockIsAConflict(String path) {
		run((client) -> client.get()
			.uri(path)
			.exchange()
			.expectStatus()
			.isEqualTo(409)
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON)
			.expectHeader()
			.valueEquals(HttpHeaders.RETRY_AFTER, "3")
			.expectBody()
			.json("""
					{
						"title": "Conflict",
						"status": 409,
						"detail": "This is in progress, or was done a moment ago. Try again in a while.",
						"instance": "%s"
					}""".formatted(path)));
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "/throws/down", "/throws/unknown", "/fails/down", "/wrapped-by-jdk/unknown", "/route/down" })
	void storeThatCannotBeAskedIsAnUnavailableService(String path) {
		run((client) -> client.get()
			.uri(path)
			.exchange()
			.expectStatus()
			.isEqualTo(503)
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON)
			.expectHeader()
			.valueEquals(HttpHeaders.RETRY_AFTER, "5")
			.expectBody()
			.json("""
					{
						"title": "Service Unavailable",
						"status": 503,
						"detail": "This cannot be done at the moment. Try again in a while.",
						"instance": "%s"
					}""".formatted(path)));
	}

	@ParameterizedTest
	@CsvSource({ "busy-now, 1", "busy-for-1ms, 1", "busy-for-1s, 1", "busy-for-1001ms, 2", "busy-somewhere, 1" })
	void retryIsAtLeastASecondAway(String what, String seconds) {
		run((client) -> client.get()
			.uri("/throws/" + what)
			.exchange()
			.expectHeader()
			.valueEquals(HttpHeaders.RETRY_AFTER, seconds));
	}

	@ParameterizedTest
	@ValueSource(strings = { "busy", "down", "unknown" })
	void answerTellsNothingOfLocksHoldersAndStores(String what) {
		run((client) -> {
			String body = client.get()
				.uri("/throws/" + what)
				.exchange()
				.expectBody(String.class)
				.returnResult()
				.getResponseBody();
			assertThat(body).contains("status").doesNotContain("jane@example.com", "order", "app-2", "8113", "redis");
		});
	}

	@Test
	void busyAnnotatedMethodIsAConflict() {
		runner().run((context) -> {
			LockRegistry locks = context.getBean(LockRegistry.class);
			try (LockHandle held = locks.acquire("pay:42")) {
				client(context).get()
					.uri("/pay/42")
					.exchange()
					.expectStatus()
					.isEqualTo(409)
					.expectHeader()
					.value(HttpHeaders.RETRY_AFTER, (value) -> assertThat(Integer.parseInt(value)).isBetween(20, 30));
				assertThat(held.fencingToken()).isPositive();
			}
			client(context).get().uri("/pay/42").exchange().expectStatus().isOk();
		});
	}

	@Test
	void statusesAreConfigurable() {
		run(runner().withPropertyValues("coordination.web.busy-status=423", "coordination.web.backend-status=502"),
				(client) -> {
					client.get()
						.uri("/throws/busy")
						.exchange()
						.expectStatus()
						.isEqualTo(423)
						.expectBody()
						.jsonPath("$.title")
						.isEqualTo("Locked");
					client.get().uri("/throws/down").exchange().expectStatus().isEqualTo(502);
				});
	}

	@Test
	void adviceOfTheApplicationWins() {
		for (Class<?> advice : new Class<?>[] { OwnAdvice.class, OwnLateAdvice.class }) {
			run(runner().withUserConfiguration(advice), (client) -> {
				client.get().uri("/throws/busy").exchange().expectStatus().isEqualTo(418);
				client.get().uri("/fails/busy").exchange().expectStatus().isEqualTo(418);
				client.get().uri("/throws/down").exchange().expectStatus().isEqualTo(503);
			});
		}
	}

	@Test
	void exceptionOfTheApplicationKeepsItsStatus() {
		run((client) -> {
			client.get()
				.uri("/wrapped-by-us/down")
				.exchange()
				.expectStatus()
				.isEqualTo(502)
				.expectHeader()
				.doesNotExist(HttpHeaders.RETRY_AFTER);
			client.get().uri("/wrapped-by-us/busy").exchange().expectStatus().isEqualTo(502);
		});
	}

	@Test
	void otherProblemsOfLocksAreNotAnswered() {
		run((client) -> assertThat(statusOrFailure(client, "/throws/lost")).isEqualTo(500));
	}

	@Test
	void nothingIsAnsweredWhenTurnedOff() {
		run(runner().withPropertyValues("coordination.web.problem-details=false"),
				(client) -> assertThat(statusOrFailure(client, "/throws/busy")).isEqualTo(500));
	}

	@ParameterizedTest
	@ValueSource(strings = { "application/json", "application/problem+json", "*/*", "text/html,*/*;q=0.8" })
	void answerIsAProblemForWhoTakesJson(String accept) {
		run((client) -> client.get()
			.uri("/throws/busy")
			.header(HttpHeaders.ACCEPT, accept)
			.exchange()
			.expectStatus()
			.isEqualTo(409)
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON));
	}

	/**
	 * Without a container, what nobody answers comes out as it is.
	 */
	private static int statusOrFailure(WebTestClient client, String path) {
		try {
			return client.get().uri(path).exchange().returnResult(Void.class).getStatus().value();
		}
		catch (RuntimeException | AssertionError ex) {
			assertThat(ex).hasStackTraceContaining(LockException.class.getPackageName());
			return 500;
		}
	}

	private void run(Consumer<WebTestClient> test) {
		run(runner(), test);
	}

	private void run(AbstractApplicationContextRunner<?, ?, ?> runner, Consumer<WebTestClient> test) {
		runner.run((context) -> {
			assertThat(context).isNotNull();
			test.accept(client(context));
		});
	}

	static RuntimeException failure(String what) {
		String lock = "Lock 'order:jane@example.com' not acquired";
		return switch (what) {
			case "busy" -> busy(lock, Duration.ofMillis(2500));
			case "busy-now" -> busy(lock, Duration.ZERO);
			case "busy-for-1ms" -> busy(lock, Duration.ofMillis(1));
			case "busy-for-1s" -> busy(lock, Duration.ofSeconds(1));
			case "busy-for-1001ms" -> busy(lock, Duration.ofMillis(1001));
			case "busy-somewhere" -> new LockNotAcquiredException(lock + ": held by others");
			case "down" -> new LockBackendException(lock + ": cannot connect to redis-1.internal:6379", null);
			case "unknown" -> new LockOutcomeUnknownException(lock + ": no answer from redis-1.internal:6379", null);
			case "lost" -> new LockLostException("Lock 'order:jane@example.com' lost");
			default -> throw new IllegalArgumentException(what);
		};
	}

	private static LockNotAcquiredException busy(String lock, Duration remaining) {
		return new LockNotAcquiredException(lock + " within 5s: held by app-2/8113 for 31s", remaining);
	}

	/**
	 * What both kinds of applications have.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(Orders.class)
	static class Application {

		@Bean
		Payments payments() {
			return new Payments();
		}

	}

	@RestController
	static class Orders {

		private final Payments payments;

		Orders(Payments payments) {
			this.payments = payments;
		}

		@GetMapping("/throws/{what}")
		String fail(@PathVariable String what) {
			throw failure(what);
		}

		@GetMapping("/fails/{what}")
		CompletionStage<String> failLater(@PathVariable String what) {
			return CompletableFuture.<String>failedFuture(failure(what)).thenApply(String::trim);
		}

		@GetMapping("/wrapped-by-jdk/{what}")
		String failWrapped(@PathVariable String what) {
			throw new CompletionException(failure(what));
		}

		@GetMapping("/wrapped-by-us/{what}")
		String failOtherwise(@PathVariable String what) {
			throw new PaymentFailedException(failure(what));
		}

		@GetMapping("/pay/{id}")
		Mono<String> pay(@PathVariable long id) {
			return this.payments.pay(id);
		}

	}

	static class Payments {

		@DistributedLock(name = "pay", key = "#id", waitTime = "0")
		Mono<String> pay(long id) {
			return Mono.just("paid " + id);
		}

	}

	@ResponseStatus(HttpStatus.BAD_GATEWAY)
	static class PaymentFailedException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		PaymentFailedException(Throwable cause) {
			super(cause);
		}

	}

}
