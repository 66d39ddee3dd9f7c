package io.coordination.redis;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;

import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Who locks log in as, and that nobody learns with what.
 */
@ExtendWith(OutputCaptureExtension.class)
class CredentialsTests extends RedisFixture {

	private static final String SECRET = "b7XqT0-sesame";

	private static final String WRONG = "k3Zw9R-sesame";

	private RedisServer server;

	private RedisCommands<String, String> redis;

	@BeforeEach
	void start() {
		this.server = closing(RedisServer.start("--requirepass", SECRET));
		this.redis = redis(RedisURI.builder()
			.withHost(this.server.host())
			.withPort(this.server.port())
			.withPassword(SECRET.toCharArray())
			.build());
	}

	@Override
	RedisServer server() {
		return this.server;
	}

	@Test
	void passwordInTheUrlIsUsedAndNotShown(CapturedOutput output) {
		application("redis://:" + SECRET + "@").run((context) -> {
			LockHandle handle = context.getBean(LockRegistry.class).acquire("order:42");
			assertThat(this.redis.keys("*")).contains("coordination:shop:{order:42}");
			assertThat(handle.release()).isTrue();
		});
		assertThat(output).doesNotContain("sesame");
	}

	@ParameterizedTest
	@ValueSource(strings = { "redis://:" + WRONG + "@", "redis://" })
	void wrongPasswordIsNotShown(String url, CapturedOutput output) {
		application(url).withPropertyValues("coordination.fail-fast=false", "coordination.lock.wait-time=5s")
			.run((context) -> untilLettuceTellsTheReason(() -> {
				LockRegistry locks = context.getBean(LockRegistry.class);
				LockBackendException ex = catchThrowableOfType(LockBackendException.class,
						() -> locks.acquire("order:42"));
				assertThat(everything(ex)).doesNotContain("sesame");
				assertThat(ex).hasStackTraceContaining(url.contains(WRONG) ? "WRONGPASS" : "NOAUTH");
			}));
		assertThat(output).doesNotContain("sesame");
	}

	@Test
	void wrongPasswordIsSaidAndNotShownAtStartUp(CapturedOutput output) {
		untilLettuceTellsTheReason(
				() -> application("redis://shop:" + WRONG + "@").withPropertyValues("coordination.fail-fast=true")
					.run((context) -> {
						assertThat(context).hasFailed();
						assertThat(everything(context.getStartupFailure())).doesNotContain("sesame");
						assertThat(context.getStartupFailure()).hasStackTraceContaining(
								"The lock backend 'redis' cannot be used: Redis refuses the connection: WRONGPASS ");
					}));
		assertThat(output).doesNotContain("sesame");
	}

	/**
	 * A connection that is refused at once may be gone before Lettuce looks at the
	 * answer, when the machine is slow.
	 */
	private static void untilLettuceTellsTheReason(ThrowingRunnable attempt) {
		Awaitility.await().pollInSameThread().atMost(Duration.ofSeconds(30)).untilAsserted(attempt);
	}

	@Test
	void userIsUsed() {
		this.redis.aclSetuser("shop",
				AclSetuserArgs.Builder.on().addPassword(WRONG).allKeys().allChannels().allCommands());
		application("redis://shop:" + WRONG + "@").run((context) -> {
			LockHandle handle = context.getBean(LockRegistry.class).acquire("order:42");
			assertThat(this.redis.clientList()).contains("user=shop");
			assertThat(handle.release()).isTrue();
		});
	}

	@Test
	void userWithoutPasswordIsUsed() {
		this.redis.aclSetuser("shop", AclSetuserArgs.Builder.on().nopass().allKeys().allChannels().allCommands());
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(this.server.host(),
				this.server.port());
		configuration.setUsername("shop");
		RedisProcess process = process(new LettuceConnectionFactory(configuration));
		process.acquire(request());
		assertThat(this.redis.clientList()).contains("user=shop");
	}

	/**
	 * Passwords that are made anew for each connection, as clouds have them.
	 */
	@Test
	void providerOfTheApplicationIsAskedForEachConnection() {
		AtomicInteger asked = new AtomicInteger();
		RedisCredentialsProviderFactory credentials = new RedisCredentialsProviderFactory() {

			@Override
			public RedisCredentialsProvider createCredentialsProvider(RedisConfiguration configuration) {
				return RedisCredentialsProvider.from(() -> {
					asked.incrementAndGet();
					return RedisCredentials.just("default", SECRET);
				});
			}

		};
		RedisProcess process = process(
				new LettuceConnectionFactory(new RedisStandaloneConfiguration(this.server.host(), this.server.port()),
						LettuceClientConfiguration.builder().redisCredentialsProviderFactory(credentials).build()));
		process.acquire(request());
		assertThat(asked).hasValueGreaterThan(1);
	}

	private RedisProcess process(LettuceConnectionFactory connections) {
		connections.afterPropertiesSet();
		return closing(new RedisProcess(connections, PATIENT));
	}

	private ApplicationContextRunner application(String url) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class, RedisLockAutoConfiguration.class,
					CoordinationAutoConfiguration.class))
			.withPropertyValues("spring.application.name=shop",
					"spring.data.redis.url=" + url + this.server.host() + ":" + this.server.port());
	}

	private static String everything(Throwable ex) {
		StringWriter text = new StringWriter();
		ex.printStackTrace(new PrintWriter(text, true));
		return text.toString();
	}

}
