package io.coordination.redis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;

import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The permissions that the page on Redis lists are enough, and each of them is needed.
 */
class PermissionTests extends RedisFixture {

	private static final Path PAGE = Path.of("..", "docs", "backends", "redis.md");

	private static final String COMMAND = "ACL SETUSER locks on >secret ";

	private static final LockKey KEY = new LockKey("shop", "order:42");

	private RedisServer server;

	private RedisCommands<String, String> redis;

	@BeforeEach
	void start() {
		this.server = closing(RedisServer.start());
		this.redis = redis();
	}

	@Override
	RedisServer server() {
		return this.server;
	}

	/**
	 * The list on the page.
	 */
	static List<String> permissions() throws IOException {
		return Files.readAllLines(PAGE, StandardCharsets.UTF_8)
			.stream()
			.filter((line) -> line.startsWith(COMMAND))
			.map((line) -> List.of(line.substring(COMMAND.length()).split(" ")))
			.findFirst()
			.orElseThrow();
	}

	@Test
	void listedPermissionsAreEnough() throws Exception {
		permit(permissions());
		doEverything(user(0, null));
		assertThat(this.redis.keys("*")).containsExactly("coordination:shop:fence");
	}

	@ParameterizedTest
	@MethodSource("permissions")
	void eachOfThemIsNeeded(String one) throws Exception {
		List<String> others = new ArrayList<>(permissions());
		assertThat(others.remove(one)).isTrue();
		permit(others);
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> doEverything(user(0, null)));
	}

	@Test
	void otherDatabaseNeedsSelect() throws Exception {
		permit(permissions());
		LockRequest request = LockRequest.exclusive(KEY, owner(), LONG);
		assertThat(RedisProcess.failure(process(user(3, null)).backend().tryAcquire(request)))
			.hasMessageStartingWith("Redis refuses the connection: NOPERM ");
		permit(and("+select"));
		doEverything(user(3, null));
	}

	@Test
	void clientNameNeedsSetname() throws Exception {
		permit(and("+client|setname"));
		RedisProcess process = process(user(0, "shop-1"));
		process.acquire(LockRequest.exclusive(KEY, owner(), LONG));
		assertThat(this.redis.clientList()).containsPattern("name=shop-1 .*user=locks")
			.containsPattern("cmd=subscribe user=locks");
	}

	/**
	 * Each kind of request, once known to the server and once not.
	 */
	private void doEverything(LettuceConnectionFactory connections) throws InterruptedException {
		RedisProcess a = process(connections);
		RedisProcess b = process(connections);
		assertThat(RedisProcess.answer(a.backend().check())).isEmpty();
		this.redis.scriptFlush();
		BackendLease held = a.acquire(LockRequest.exclusive(KEY, owner(), LONG));
		RedisProcess.Place place = b.await(LockRequest.exclusive(KEY, owner(), LONG));
		RedisProcess.Place gone = b.await(LockRequest.exclusive(KEY, owner(), LONG));
		assertThat(b.withdraw(gone.request())).isFalse();
		assertThat(a.release(held)).isTrue();
		assertThat(place.isPushed(Duration.ofSeconds(2))).isTrue();
		BackendLease next = place.pushed();
		assertThat(b.renew(next, LONG)).isTrue();
		RedisProcess.Place last = a.enqueue(LockRequest.exclusive(KEY, owner(), LONG));
		assertThat(RedisProcess.answer(b.backend().rotate(next, last.waiting())).released()).isTrue();
		assertThat(a.withdraw(last.request())).isTrue();
	}

	private RedisProcess process(LettuceConnectionFactory connections) {
		return closing(new RedisProcess(connections, PATIENT));
	}

	private LettuceConnectionFactory user(int database, String clientName) {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(this.server.host(),
				this.server.port());
		configuration.setUsername("locks");
		configuration.setPassword("secret");
		configuration.setDatabase(database);
		LettuceClientConfiguration.LettuceClientConfigurationBuilder client = LettuceClientConfiguration.builder();
		if (clientName != null) {
			client.clientName(clientName);
		}
		LettuceConnectionFactory connections = new LettuceConnectionFactory(configuration, client.build());
		connections.afterPropertiesSet();
		return connections;
	}

	private static List<String> and(String one) throws IOException {
		List<String> all = new ArrayList<>(permissions());
		all.add(one);
		assertThat(Files.readString(PAGE)).contains("`" + one + "`");
		return all;
	}

	/**
	 * Sends what is on the page as it is.
	 */
	private void permit(List<String> permissions) {
		CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8);
		arguments.add("SETUSER").add("locks").add("reset").add("on").add(">secret");
		permissions.forEach(arguments::add);
		assertThat(this.redis.dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), arguments))
			.isEqualTo("OK");
	}

}
