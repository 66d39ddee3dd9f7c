package io.coordination.faults;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.coordination.redis.RedisServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;

/**
 * Tests for {@link FaultProxy}: each fault does what it says, seen from both sides. A
 * proxy that lets everything pass would make every fault test green.
 */
class FaultProxyTests {

	private static RedisServer redis;

	private FaultProxy proxy;

	private RedisProbe direct;

	private RedisProbe client;

	@BeforeAll
	static void startRedis() {
		redis = RedisServer.start();
	}

	@AfterAll
	static void stopRedis() {
		redis.close();
	}

	@BeforeEach
	void connect() {
		this.direct = new RedisProbe(redis.port());
		this.direct.ask("FLUSHALL");
		this.proxy = new FaultProxy(redis.port());
		this.client = new RedisProbe(this.proxy.port());
	}

	@AfterEach
	void close() {
		this.client.close();
		this.direct.close();
		this.proxy.close();
		Awaitility.await()
			.untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
				.noneMatch((name) -> name.startsWith("fault-proxy-" + this.proxy.port())));
	}

	@Test
	void passesRequestsAndCountsThemByCommand() {
		this.client.ask("SET", "key", "value");
		assertThat(this.client.askText("GET", "key")).isEqualTo("value");
		this.client.ask("get", "key");
		assertThat(this.proxy.requests()).containsOnly(entry("SET", 1L), entry("GET", 2L));
		assertThat(this.proxy.requestCount()).isEqualTo(3);
		this.proxy.resetCounters();
		assertThat(this.proxy.requestCount()).isZero();
	}

	@Test
	void aScriptIsOneRequestWhateverItCalls() {
		this.client.ask("EVAL", "for i = 1, 5 do redis.call('INCR', KEYS[1]) end return 1", "1", "counter");
		assertThat(this.proxy.requests()).containsOnly(entry("EVAL", 1L));
		assertThat(this.direct.askText("GET", "counter")).isEqualTo("5");
	}

	@Test
	void messagesOfASubscriptionAreNeitherRequestsNorAnswers() {
		this.client.ask("HELLO", "3");
		this.client.ask("SUBSCRIBE", "channel");
		assertThat(this.direct.askNumber("PUBLISH", "channel", "hello")).isOne();
		// the message comes first and is not taken for the answer, so it is the answer
		// that kills the connection
		this.proxy.inject(Fault.RESET_AFTER, (request) -> request.command().equals("PING"), 1);
		assertThat(this.client.ask("ECHO", "x").toString()).contains("message");
		assertThat(this.client.askText("ECHO", "y")).isEqualTo("x");
		assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> {
			this.client.ask("PING");
			this.client.ask("PING");
		});
		assertThat(this.proxy.requests()).containsEntry("SUBSCRIBE", 1L).doesNotContainKey("MESSAGE");
	}

	@Test
	void aResetBeforeTheServerActedLeavesNoTrace() {
		Injection injection = this.proxy.inject(Fault.RESET_BEFORE, (request) -> request.mentions("spoiled"), 1);
		this.client.ask("SET", "other", "1");
		assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> this.client.ask("SET", "spoiled", "1"));
		assertThat(injection.hits()).isOne();
		assertThat(this.direct.askNumber("EXISTS", "spoiled")).isZero();
		try (RedisProbe next = new RedisProbe(this.proxy.port())) {
			next.ask("SET", "spoiled", "2");
		}
		assertThat(this.direct.askText("GET", "spoiled")).isEqualTo("2");
	}

	@Test
	void aResetAfterTheServerActedLeavesTheEffect() {
		this.proxy.inject(Fault.RESET_AFTER, (request) -> request.command().equals("SET"), 1);
		assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> this.client.ask("SET", "key", "1"));
		assertThat(this.direct.askText("GET", "key")).isEqualTo("1");
	}

	@Test
	void aDroppedReplyLeavesTheEffectAndASilentConnection() {
		this.proxy.inject(Fault.DROP_REPLY, (request) -> request.command().equals("SET"), 1);
		CompletableFuture<Object> answer = CompletableFuture.supplyAsync(() -> this.client.ask("SET", "key", "1"));
		Awaitility.await().until(() -> this.direct.askText("GET", "key").equals("1"));
		assertThat(answer).isNotDone();
		this.proxy.cut();
		assertThat(answer).failsWithin(Duration.ofSeconds(5));
	}

	@Test
	void cutsAfterTheNthRequest() {
		this.proxy.injectAfter(2, Fault.CUT_AFTER, (request) -> true, 1);
		for (int i = 1; i <= 3; i++) {
			assertThat(this.client.ask("INCR", "n")).isEqualTo((long) i);
		}
		assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> this.client.ask("INCR", "n"));
		assertThat(this.direct.askNumber("GET", "n")).isEqualTo(3);
	}

	@Test
	void delaysEachWay() {
		this.proxy.delay(Duration.ofMillis(100), Duration.ofMillis(50));
		long start = System.nanoTime();
		this.client.ask("PING");
		assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(150));
		this.proxy.pass();
		start = System.nanoTime();
		this.client.ask("PING");
		assertThat(System.nanoTime() - start).isLessThan(TimeUnit.MILLISECONDS.toNanos(100));
	}

	@Test
	void aStalledRequestArrivesLateEvenIfItsClientIsGone() {
		this.proxy.stall();
		CompletableFuture<Object> answer = CompletableFuture.supplyAsync(() -> this.client.ask("SET", "late", "1"));
		Awaitility.await().until(() -> this.proxy.requestCount() == 1);
		this.client.close();
		assertThat(answer).failsWithin(Duration.ofSeconds(5));
		assertThat(this.direct.askNumber("EXISTS", "late")).isZero();
		this.proxy.pass();
		Awaitility.await().until(() -> this.direct.askNumber("EXISTS", "late") == 1);
		Awaitility.await().until(() -> this.proxy.openConnections() == 0);
	}

	@Test
	void bytesOfADetachedConnectionArriveAfterThoseOfANewOne() {
		this.proxy.stallRequests();
		CompletableFuture<Object> answer = CompletableFuture.supplyAsync(() -> this.client.ask("APPEND", "log", "old"));
		Awaitility.await().until(() -> this.proxy.requestCount() == 1);
		this.proxy.detach();
		assertThat(answer).failsWithin(Duration.ofSeconds(5));
		try (RedisProbe next = new RedisProbe(this.proxy.port())) {
			next.ask("APPEND", "log", "new");
		}
		assertThat(this.direct.askText("GET", "log")).isEqualTo("new");
		this.proxy.pass();
		Awaitility.await().until(() -> this.direct.askText("GET", "log").equals("newold"));
	}

	@Test
	void aBlackHoleAcceptsAndNeverAnswers() {
		// The proxy may not have taken the connection before the first answer
		assertThat(this.client.askText("PING")).isEqualTo("PONG");
		this.proxy.blackHole();
		try (RedisProbe swallowed = new RedisProbe(this.proxy.port())) {
			CompletableFuture<Object> answer = CompletableFuture.supplyAsync(() -> swallowed.ask("PING"));
			// what is open already is not touched
			assertThat(this.client.askText("PING")).isEqualTo("PONG");
			assertThat(answer).isNotDone();
			this.proxy.pass();
			assertThat(answer).failsWithin(Duration.ofSeconds(5));
		}
		try (RedisProbe next = new RedisProbe(this.proxy.port())) {
			assertThat(next.askText("PING")).isEqualTo("PONG");
		}
	}

	@Test
	void cutsOnlyTheConnectionsThatSentACommand() {
		try (RedisProbe subscriber = new RedisProbe(this.proxy.port())) {
			subscriber.ask("SUBSCRIBE", "channel");
			assertThat(this.proxy.cutThoseThatSent("SUBSCRIBE")).isOne();
			assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> subscriber.ask("PING"));
		}
		assertThat(this.client.askText("PING")).isEqualTo("PONG");
	}

}
