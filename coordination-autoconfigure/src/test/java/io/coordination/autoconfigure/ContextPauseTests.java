package io.coordination.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.annotation.DirtiesContext.HierarchyMode;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestContextManager;
import org.springframework.test.context.cache.ContextCache.PauseMode;
import org.springframework.test.context.cache.ContextCacheUtils;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryStoppedException;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.redis.RedisServer;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Test classes of an application that take turns: Spring keeps the context of each, and
 * pauses it while another is in use.
 */
class ContextPauseTests {

	private static final Pattern ID = Pattern.compile("^id=(\\d+) .* name=(\\S*) ", Pattern.MULTILINE);

	/** No two runs against one server have a lock in common. */
	private static final String NAMESPACE = "pause-" + UUID.randomUUID();

	@AutoClose("shutdown")
	private final RedisClient client = RedisClient.create(RedisServer.shared().url());

	private final RedisCommands<String, String> redis = this.client.connect().sync();

	private final TestClass first = new TestClass(First.class);

	private final TestClass second = new TestClass(Second.class);

	@AfterEach
	void forget() throws Exception {
		this.first.forget();
		this.second.forget();
	}

	@Test
	void eachTurnHasNewConnectionsAndWhatWasHeldBeforeIsLost() throws Exception {
		assertThat(ContextCacheUtils.retrievePauseMode()).isNotEqualTo(PauseMode.NEVER);
		Set<String> connections = new HashSet<>();
		List<LockHandle> previous = new ArrayList<>();
		long token = 0;
		for (int turn = 0; turn < 3; turn++) {
			ManagedLockRegistry locks = this.first.begin();
			assertThat(previous).allMatch((handle) -> handle.state() == LockState.LOST);
			LockHandle held = locks.acquire("pause:held-" + turn);
			try (LockHandle handle = locks.acquire("pause:again")) {
				assertThat(handle.state()).isEqualTo(LockState.HELD);
				assertThat(handle.fencingToken()).isGreaterThan(token);
				token = handle.fencingToken();
			}
			Set<String> now = connections("pause-first");
			assertThat(now).isNotEmpty().noneMatch(connections::contains);
			connections.addAll(now);
			this.first.end();

			ManagedLockRegistry others = this.second.begin();
			assertThat(this.first.context().isRunning()).isFalse();
			assertThat(locks.isRunning()).isFalse();
			assertThat(locks).isNotSameAs(others);
			assertThat(held.state()).isEqualTo(LockState.LOST);
			Awaitility.await().until(() -> connections("pause-first").isEmpty());
			assertThatExceptionOfType(LockRegistryStoppedException.class).isThrownBy(() -> locks.acquire("pause:none"));
			try (LockHandle handle = others.acquire("pause:again")) {
				assertThat(handle.fencingToken()).isGreaterThan(token);
				token = handle.fencingToken();
			}
			assertThat(others.tryAcquire(LockSpec.of("pause:held-" + turn).withoutWaiting()))
				.as("not released under whoever may still work")
				.isEmpty();
			assertThat(connections("pause-second")).isNotEmpty();
			previous.add(held);
			this.second.end();
		}
	}

	@Test
	void whoWaitsIsToldOfThePause() throws Exception {
		ManagedLockRegistry locks = this.second.begin();
		LockHandle held = locks.acquire("pause:awaited");
		var waiting = locks.acquireAsync(LockSpec.of("pause:awaited").withWaitTime(Duration.ofMinutes(1)))
			.toCompletableFuture();
		this.second.end();
		this.first.begin();
		assertThat(waiting).isCompletedExceptionally();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(waiting::join)
			.withCauseInstanceOf(LockRegistryStoppedException.class);
		assertThat(held.state()).isEqualTo(LockState.LOST);
		this.first.end();
	}

	private Set<String> connections(String name) {
		return ID.matcher(this.redis.clientList())
			.results()
			.filter((client) -> client.group(2).equals(name))
			.map((client) -> client.group(1))
			.collect(Collectors.toSet());
	}

	/**
	 * A test class as JUnit has Spring run it, again and again.
	 */
	private static final class TestClass {

		private final Class<?> type;

		private TestContextManager manager;

		private ConfigurableApplicationContext context;

		TestClass(Class<?> type) {
			this.type = type;
			this.manager = new TestContextManager(type);
		}

		ManagedLockRegistry begin() throws Exception {
			this.manager = new TestContextManager(this.type);
			this.manager.beforeTestClass();
			// Asking for it resumes it, so it is asked for only here
			ConfigurableApplicationContext now = (ConfigurableApplicationContext) this.manager.getTestContext()
				.getApplicationContext();
			assertThat(now.isRunning()).isTrue();
			assertThat(this.context).isIn(null, now);
			this.context = now;
			return now.getBean(ManagedLockRegistry.class);
		}

		void end() throws Exception {
			this.manager.afterTestClass();
		}

		ConfigurableApplicationContext context() {
			return this.context;
		}

		void forget() {
			this.manager.getTestContext().markApplicationContextDirty(HierarchyMode.EXHAUSTIVE);
		}

	}

	@SpringBootTest(classes = Application.class, webEnvironment = WebEnvironment.NONE,
			properties = { "spring.data.redis.client-name=pause-first" })
	static class First extends OnRedis {

	}

	@SpringBootTest(classes = Application.class, webEnvironment = WebEnvironment.NONE,
			properties = { "spring.data.redis.client-name=pause-second" })
	static class Second extends OnRedis {

	}

	abstract static class OnRedis {

		@DynamicPropertySource
		static void properties(DynamicPropertyRegistry properties) {
			properties.add("spring.data.redis.url", RedisServer.shared()::url);
			properties.add("spring.application.name", () -> NAMESPACE);
			properties.add("coordination.lock.shutdown.grace-period", () -> "0s");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
