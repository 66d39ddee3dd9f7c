package io.coordination.redis;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;

import io.coordination.backend.LockKey;
import io.coordination.backend.LockRequest;
import io.coordination.backend.OwnerId;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What tests of the Redis backend are written with: processes that lock, a view of what
 * is in the server, and a namespace that no other test has.
 */
abstract class RedisFixture {

	static final Duration LONG = Duration.ofMinutes(5);

	/**
	 * Long, so that a machine that has other things to do makes no waiter a dead one.
	 */
	static final RedisLockSettings PATIENT = new RedisLockSettings(Duration.ofSeconds(10), Duration.ofSeconds(20));

	private static final AtomicInteger OWNERS = new AtomicInteger();

	private final String namespace = "redis-" + UUID.randomUUID();

	private final Deque<AutoCloseable> opened = new ArrayDeque<>();

	@AfterEach
	final void closeAll() throws Exception {
		while (!this.opened.isEmpty()) {
			this.opened.pop().close();
		}
	}

	/**
	 * Has something closed at the end of the test, before what was opened earlier.
	 */
	final <T extends AutoCloseable> T closing(T closeable) {
		this.opened.push(closeable);
		return closeable;
	}

	/**
	 * The server to talk to.
	 */
	RedisServer server() {
		return RedisServer.shared();
	}

	final RedisProcess process() {
		return closing(new RedisProcess(server().connectionFactory(), PATIENT));
	}

	/**
	 * A connection that shares nothing with the backend.
	 */
	final RedisCommands<String, String> redis() {
		return redis(server());
	}

	final RedisCommands<String, String> redis(RedisServer server) {
		return redis(RedisURI.create(server.host(), server.port()));
	}

	final RedisCommands<String, String> redis(RedisURI uri) {
		RedisClient client = RedisClient.create(uri);
		closing(() -> client.shutdown(Duration.ZERO, Duration.ofSeconds(2)));
		StatefulRedisConnection<String, String> connection = client.connect();
		return connection.sync();
	}

	final LockKey key(String name) {
		return new LockKey(this.namespace, name);
	}

	final LockKey key() {
		return key("invoice:42");
	}

	final RedisKeys keys() {
		return RedisKeys.of(key());
	}

	final OwnerId owner() {
		return new OwnerId("host/1/test#" + OWNERS.incrementAndGet());
	}

	final LockRequest request() {
		return request(key(), LONG);
	}

	final LockRequest request(LockKey key, Duration lease) {
		return LockRequest.exclusive(key, owner(), lease);
	}

	final LockRequest again(LockRequest request, Duration lease) {
		return LockRequest.exclusive(request.key(), request.owner(), lease);
	}

	/**
	 * All keys that are under the namespace of this test.
	 */
	final List<String> stored(RedisCommands<String, String> redis) {
		List<String> keys = new ArrayList<>(redis.keys("coordination:" + this.namespace + ":*"));
		keys.sort(null);
		return keys;
	}

	/**
	 * The revision in a value of a lock.
	 */
	static long revision(String value) {
		assertThat(value).containsPattern(" rev=\\d+");
		return Long.parseLong(value.replaceFirst(".* rev=(\\d+).*", "$1"));
	}

	static long serverMicros(RedisCommands<String, String> redis) {
		List<String> time = redis.time();
		return Long.parseLong(time.get(0)) * 1_000_000 + Long.parseLong(time.get(1));
	}

	/**
	 * Runs a script as the backend does, with arguments it would not choose.
	 */
	final List<Object> run(RedisCommands<String, String> redis, RedisScript script, String... arguments) {
		return redis.eval(script.text(), ScriptOutputType.MULTI, keys().all(), arguments);
	}

}
