package io.coordination.redis;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockRequest;

import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The news of a hand-off: sent to the one process that it concerns, and only if there is
 * any.
 */
class PushTests extends RedisFixture {

	private final Queue<String> heard = new ConcurrentLinkedQueue<>();

	private RedisServer server;

	private RedisCommands<String, String> redis;

	@BeforeEach
	void listen() {
		this.server = closing(RedisServer.start());
		this.redis = redis();
		RedisClient client = RedisClient.create(RedisURI.create(this.server.host(), this.server.port()));
		closing(() -> client.shutdown(Duration.ZERO, Duration.ofSeconds(2)));
		StatefulRedisPubSubConnection<String, String> connection = client.connectPubSub();
		connection.addListener(new RedisPubSubAdapter<>() {

			@Override
			public void message(String pattern, String channel, String message) {
				PushTests.this.heard.add(channel + " " + message);
			}

		});
		connection.sync().psubscribe("*");
	}

	@Override
	RedisServer server() {
		return this.server;
	}

	@Test
	void nothingIsPublishedWhenNobodyWaits() {
		RedisProcess process = process();
		LockRequest request = request();
		BackendLease lease = process.acquire(request);
		process.renew(lease, LONG.multipliedBy(2));
		process.acquire(request);
		RedisProcess.busy(process.tryAcquire(request()));
		process.release(lease);
		process.release(lease);
		lease = process.acquire(request());
		// a mark without waiters
		assertThat(process.withdraw(process.await(request()).request())).isFalse();
		process.release(lease);
		process.acquire(request);
		process.withdraw(request);
		assertThat(calls("publish")).isZero();
		assertThat(this.heard).isEmpty();
	}

	@Test
	void oneMessageToTheChannelOfTheNextOwnersProcess() throws InterruptedException {
		RedisProcess holder = process();
		BackendLease held = holder.acquire(request());
		RedisProcess.Place next = process().await(request());
		RedisProcess.Place later = process().await(request());
		assertThat(this.redis.pubsubChannels()).hasSize(3)
			.allMatch((channel) -> channel.matches("coordination:push:[0-9a-f-]{36}"));
		String waiter = this.redis.hget(keys().waiters(), next.request().owner().value());
		holder.release(held);
		BackendLease lease = next.pushed();
		Awaitility.await().until(() -> !this.heard.isEmpty());
		assertThat(this.heard).containsExactly(waiter.replaceFirst(".* channel=", "") + " v=1 key=" + keys().lock()
				+ " owner=" + lease.owner() + " rev=" + lease.revision() + " lease=20000");
		assertThat(calls("publish")).isOne();
		assertThat(later.isPushed()).isFalse();
		assertThat(next.isPushed()).as("twice").isFalse();
	}

	@Test
	void oneSubscriptionServesAllLocksOfAProcess() throws InterruptedException {
		RedisProcess holder = process();
		RedisProcess waiter = process();
		for (int i = 0; i < 20; i++) {
			BackendLease held = holder.acquire(request(key("order:" + i), LONG));
			RedisProcess.Place place = waiter.await(request(key("order:" + i), LONG));
			holder.release(held);
			place.pushed();
		}
		assertThat(this.redis.pubsubChannels()).hasSize(2);
		assertThat(calls("subscribe")).isEqualTo(2);
	}

	@Test
	void grantThatFindsNoTakerIsAStrayOne() throws InterruptedException {
		RedisProcess process = process();
		BackendLease held = process.acquire(request());
		RedisProcess.Place place = process.await(request());
		place.waiting().close();
		process.release(held);
		assertThat(process.stray(Duration.ofSeconds(20))).isEqualTo(place.request().owner());
		assertThat(place.isPushed()).isFalse();
	}

	@Test
	void messagesThatAreNoneOfOursChangeNothing() throws InterruptedException {
		RedisProcess process = process();
		BackendLease held = process.acquire(request());
		RedisProcess.Place place = process.await(request());
		String channel = this.redis.pubsubChannels().get(0);
		String owner = " owner=" + place.request().owner();
		String rest = " key=" + keys().lock() + owner;
		for (String message : List.of("", "hello", "v=1", "v=2" + rest + " rev=7 lease=2000",
				"v=1" + rest + " lease=2000", "v=1" + rest + " rev=7", "v=1" + rest + " rev=x lease=2000",
				"v=1" + rest + " rev=7 lease=x", "v=1" + rest + " rev=-7 lease=2000",
				"v=1" + rest + " rev=99999999999999999999 lease=2000", "v=1 key=x owner=y rev=7 lease=2000",
				"v=1 key=coordination:n:{%} owner= rev=7 lease=2000")) {
			assertThat(this.redis.publish(channel, message)).as(message).isEqualTo(2);
		}
		process.release(held);
		BackendLease lease = place.pushed();
		assertThat(lease.revision()).isGreaterThan(held.revision());
		assertThat(place.isPushed()).isFalse();
		assertThat(process.stray(Duration.ofMillis(50))).isNull();
	}

	@Test
	void subscriptionIsBackAfterItsConnectionBroke() throws InterruptedException {
		RedisProcess process = process();
		BackendLease held = process.acquire(request());
		String channel = this.redis.pubsubChannels().get(0);
		this.redis.clientKill(KillArgs.Builder.typePubsub());
		Awaitility.await().until(() -> this.redis.pubsubNumsub(channel).equals(Map.of(channel, 1L)));
		RedisProcess.Place place = process.await(request());
		process.release(held);
		place.pushed();
	}

	private long calls(String command) {
		Matcher calls = Pattern.compile("cmdstat_" + command + ":calls=(\\d+)")
			.matcher(this.redis.info("commandstats"));
		return calls.find() ? Long.parseLong(calls.group(1)) : 0;
	}

}
