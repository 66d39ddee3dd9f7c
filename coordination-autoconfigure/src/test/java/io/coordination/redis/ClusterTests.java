package io.coordination.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockKey;
import io.coordination.backend.NotNowException;
import io.coordination.backend.Renewal;
import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockLost;

import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.protocol.ProtocolVersion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Locks in a cluster: where they are, and how they are found when their slot moves.
 */
class ClusterTests extends RedisFixture {

	private static ClusterServers cluster;

	@BeforeAll
	static void start() {
		cluster = ClusterServers.start(Duration.ofSeconds(15));
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	private final RedisKeys keys = RedisKeys.inCluster(key());

	private final int slot = SlotHash.getSlot(this.keys.lock());

	private RedisProcess member() {
		return closing(new RedisProcess(cluster.connectionFactory(), PATIENT));
	}

	@Test
	void locksAreSpreadAndLeaveOneKeyABucket() {
		RedisProcess process = member();
		List<BackendLease> leases = new ArrayList<>();
		for (int i = 0; i < 600; i++) {
			leases.add(process.acquire(request(key("order:" + i), LONG)));
		}
		assertThat(cluster.masters()).hasSize(3).allMatch((node) -> stored(node).size() > 100);
		Renewal renewal = RedisProcess.answer(process.backend().renew(leases, LONG));
		assertThat(renewal.kept()).hasSize(600);
		leases.forEach((lease) -> assertThat(process.release(lease)).isTrue());
		assertThat(cluster.masters().stream().flatMap((node) -> stored(node).stream()))
			.allMatch((key) -> key.endsWith(":fence"))
			.hasSizeBetween(150, SlotBuckets.COUNT);
	}

	@Test
	void newsOfAHandOffStaysInTheShard() throws InterruptedException {
		RedisProcess holder = member();
		RedisProcess waiter = member();
		BackendLease held = holder.acquire(request());
		RedisProcess.Place place = waiter.await(request());
		RedisServer master = cluster.master(this.keys.lock());
		List<String> channels = cluster.on(master, (redis) -> redis.pubsubShardChannels());
		assertThat(channels).filteredOn((channel) -> channel.contains("{" + this.keys.tag() + "}"))
			.singleElement()
			.asString()
			.matches("coordination:push:\\{\\d+}:[0-9a-f-]{36}");
		long before = calls(master, "spublish");
		assertThat(holder.release(held)).isTrue();
		BackendLease next = place.pushed();
		assertThat(next.revision()).isGreaterThan(held.revision());
		assertThat(calls(master, "spublish")).isEqualTo(before + 1);
		assertThat(cluster.nodes()).allMatch((node) -> calls(node, "publish") == 0);
		assertThat(place.isPushed()).as("twice").isFalse();
	}

	@Test
	void newsIsHeardOverTheOldProtocolToo() throws InterruptedException {
		RedisProcess holder = member();
		RedisClusterConfiguration configuration = new RedisClusterConfiguration();
		// One node is enough to find the others
		RedisServer seed = cluster.nodes().get(5);
		configuration.clusterNode(seed.host(), seed.port());
		LettuceConnectionFactory connections = new LettuceConnectionFactory(configuration,
				LettuceClientConfiguration.builder()
					.clientOptions(ClusterClientOptions.builder().protocolVersion(ProtocolVersion.RESP2).build())
					.build());
		connections.afterPropertiesSet();
		RedisProcess waiter = closing(new RedisProcess(connections, PATIENT));
		BackendLease held = holder.acquire(request());
		RedisProcess.Place place = waiter.await(request());
		assertThat(holder.release(held)).isTrue();
		assertThat(waiter.release(place.pushed())).isTrue();
	}

	@Test
	void oneSubscriptionServesAllLocksOfABucket() throws InterruptedException {
		RedisProcess holder = member();
		RedisProcess waiter = member();
		List<LockKey> bucket = bucket(10);
		RedisServer master = cluster.master(RedisKeys.inCluster(bucket.get(0)).lock());
		long before = calls(master, "ssubscribe");
		for (LockKey key : bucket) {
			BackendLease held = holder.acquire(request(key, LONG));
			RedisProcess.Place place = waiter.await(request(key, LONG));
			holder.release(held);
			place.pushed();
		}
		assertThat(calls(master, "ssubscribe")).isEqualTo(before + 1);
	}

	@Test
	void slotThatMovedIsFoundAgain() throws InterruptedException {
		RedisProcess holder = member();
		RedisProcess waiter = member();
		BackendLease held = holder.acquire(request());
		RedisProcess.Place place = waiter.await(request());
		RedisServer from = cluster.master(this.keys.lock());
		cluster.move(this.slot, from, other(from));
		assertThat(holder.renew(held, LONG)).isTrue();
		place.pollInVain();
		assertThat(holder.release(held)).isTrue();
		BackendLease next = place.pushed();
		assertThat(next.revision()).isGreaterThan(held.revision());
		assertThat(waiter.release(next)).isTrue();
	}

	/**
	 * The node that had the slot ends the subscription, and the client that follows the
	 * slot makes it anew.
	 */
	@Test
	void subscriptionFollowsItsSlot() {
		RedisProcess waiter = member();
		waiter.acquire(request());
		RedisProcess.Place place = waiter.await(request());
		RedisServer from = cluster.master(this.keys.lock());
		RedisServer to = other(from);
		cluster.move(this.slot, from, to);
		assertThat(subscriptions(from)).isZero();
		Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
			place.pollInVain();
			return subscriptions(to) == 1;
		});
	}

	/**
	 * Also if nobody asked while it was away.
	 */
	@Test
	void subscriptionIsMadeAnewWhenItsSlotCameBack() throws InterruptedException {
		RedisProcess holder = member();
		BackendLease held = holder.acquire(request());
		RedisProcess.Place place = member().await(request());
		RedisServer from = cluster.master(this.keys.lock());
		RedisServer to = other(from);
		cluster.move(this.slot, from, to);
		cluster.move(this.slot, to, from);
		Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
			place.pollInVain();
			return subscriptions(from) == 1;
		});
		assertThat(holder.release(held)).isTrue();
		assertThat(place.pushed().revision()).isGreaterThan(held.revision());
	}

	@Test
	void keysThatHaveGoneAreAskedForWhereTheyWent() {
		RedisProcess process = member();
		BackendLease held = process.acquire(request());
		RedisServer from = cluster.master(this.keys.lock());
		RedisServer to = other(from);
		long before = calls(to, "asking");
		cluster.beginMove(this.slot, from, to);
		cluster.moveKeys(this.slot, from, to, 1000);
		assertThat(process.renew(held, LONG)).isTrue();
		assertThat(calls(to, "asking")).isGreaterThan(before);
		cluster.endMove(this.slot, to);
		RedisProcess.busy(process.tryAcquire(request()));
		assertThat(process.release(held)).isTrue();
	}

	/**
	 * Who waits goes on waiting, who holds is not told of a loss, and what could not be
	 * released is released when it can be.
	 */
	@Test
	void halfMovedSlotIsWaitedFor() throws Exception {
		LettuceConnectionFactory connections = cluster.connectionFactory();
		closing(connections::destroy);
		Queue<LockEvent> events = new ConcurrentLinkedQueue<>();
		ManagedLockRegistry locks = closing(
				LockRegistryBuilder.of(new RedisLockBackendFactory(connections, RedisLockSettings.defaults()))
					.namespace(key().namespace())
					.listener(events::add)
					.build());
		LockHandle held = locks.acquire(key().name());
		RedisServer from = cluster.master(this.keys.lock());
		RedisServer to = other(from);
		cluster.beginMove(this.slot, from, to);
		assertThat(held.verify().toCompletableFuture().get(20, TimeUnit.SECONDS)).isTrue();
		assertThatExceptionOfType(LockBackendException.class).isThrownBy(held::release)
			.withMessageContaining("is just being moved to another node");
		CompletableFuture<LockHandle> waiting = locks
			.acquireAsync(LockSpec.of(key().name()).withWaitTime(Duration.ofMinutes(1)))
			.toCompletableFuture();
		Awaitility.await().pollDelay(Duration.ofSeconds(1)).untilAsserted(() -> assertThat(waiting).isNotDone());
		cluster.moveKeys(this.slot, from, to, 1000);
		cluster.endMove(this.slot, to);
		LockHandle next = waiting.get(20, TimeUnit.SECONDS);
		assertThat(next.fencingToken()).isGreaterThan(held.fencingToken());
		assertThat(next.release()).isTrue();
		assertThat(events).noneMatch(LockLost.class::isInstance);
	}

	@Test
	void locksOfAHalfMovedBucketAreRenewed() {
		RedisProcess process = member();
		List<BackendLease> held = new ArrayList<>();
		bucket(6).forEach((key) -> held.add(process.acquire(request(key, LONG))));
		String lock = RedisKeys.inCluster(held.get(0).key()).lock();
		RedisServer from = cluster.master(lock);
		RedisServer to = other(from);
		int moving = SlotHash.getSlot(lock);
		cluster.beginMove(moving, from, to);
		try {
			cluster.moveKeys(moving, from, to, 3);
			Renewal renewal = RedisProcess.answer(process.backend().renew(held, LONG));
			assertThat(renewal.kept()).hasSize(6);
			assertThat(renewal.lost()).isEmpty();
		}
		finally {
			cluster.moveKeys(moving, from, to, 1000);
			cluster.endMove(moving, to);
		}
		held.forEach((lease) -> assertThat(process.release(lease)).isTrue());
	}

	@Test
	void halfMovedSlotIsToldOf() {
		RedisProcess process = member();
		BackendLease held = process.acquire(request());
		RedisServer from = cluster.master(this.keys.lock());
		RedisServer to = other(from);
		cluster.beginMove(this.slot, from, to);
		try {
			for (CompletionStage<?> request : List.of(process.backend().release(held, Duration.ZERO),
					process.backend().tryAcquire(request()))) {
				assertThat(RedisProcess.failure(request)).isInstanceOf(NotNowException.class)
					.hasMessageStartingWith(
							"Redis refused: the slot of this lock is just being moved to another node (TRYAGAIN")
					.matches((ex) -> !ex.mayHaveApplied());
			}
		}
		finally {
			cluster.moveKeys(this.slot, from, to, 1000);
			cluster.endMove(this.slot, to);
		}
		assertThat(process.release(held)).isTrue();
	}

	/**
	 * Slots go to and fro while two processes take turns.
	 */
	@Test
	void locksGoOnWhileTheirSlotMoves() {
		RedisProcess a = member();
		RedisProcess b = member();
		long last = 0;
		for (int round = 0; round < 10; round++) {
			RedisServer from = cluster.master(this.keys.lock());
			RedisServer to = other(from);
			for (RedisProcess process : List.of(a, b)) {
				BackendLease held = process.acquire(request());
				assertThat(held.revision()).isGreaterThan(last);
				last = held.revision();
				cluster.move(this.slot, from, to);
				RedisProcess.busy(((process == a) ? b : a).tryAcquire(request()));
				assertThat(process.release(held)).isTrue();
				RedisServer swap = from;
				from = to;
				to = swap;
			}
		}
	}

	private RedisServer other(RedisServer node) {
		return cluster.masters().stream().filter((other) -> other != node).findFirst().orElseThrow();
	}

	/**
	 * Locks that are in one bucket.
	 */
	private List<LockKey> bucket(int size) {
		String tag = RedisKeys.inCluster(key("bucket")).tag();
		return IntStream.range(0, 100_000)
			.mapToObj((i) -> key("bucket:" + i))
			.filter((key) -> RedisKeys.inCluster(key).tag().equals(tag))
			.limit(size)
			.toList();
	}

	private List<String> stored(RedisServer node) {
		return cluster.on(node, this::stored);
	}

	private long subscriptions(RedisServer node) {
		return cluster.on(node, RedisCommands::pubsubShardChannels)
			.stream()
			.filter((channel) -> channel.contains("{" + this.keys.tag() + "}"))
			.count();
	}

	private static long calls(RedisServer node, String command) {
		String stats = cluster.on(node, (redis) -> redis.info("commandstats"));
		Matcher calls = Pattern.compile("cmdstat_" + command + ":calls=(\\d+)").matcher(stats);
		return calls.find() ? Long.parseLong(calls.group(1)) : 0;
	}

}
