package io.coordination.redis;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockLost;

import io.lettuce.core.KillArgs;
import io.lettuce.core.api.sync.RedisCommands;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What holders and waiters may rely on when a master is lost, wherever another server
 * takes its place. After a fail-over two may hold, for as long as a lease: that is the
 * limit of Redis. What can be promised is that the first is told, that the second has the
 * larger token, and that nobody waits for what does not come.
 */
abstract class FailoverSentences extends RedisFixture {

	private static final Duration WAIT_TIME = Duration.ofSeconds(1);

	/** For threads that are ready but do not run. */
	private static final Duration SLACK = Duration.ofSeconds(3);

	static final String NAME = "order:42";

	private final RedisLockSettings settings = new RedisLockSettings(Duration.ofMillis(500), Duration.ofSeconds(2));

	private final Queue<LockEvent> events = new ConcurrentLinkedQueue<>();

	abstract LettuceConnectionFactory connectionFactory();

	/**
	 * The master that keeps a lock.
	 */
	abstract RedisServer master(String name);

	/**
	 * Those of whom one takes the place of that master.
	 */
	abstract List<RedisServer> replicas(String name);

	abstract RedisServer awaitOtherMaster(String name, RedisServer old);

	abstract RedisKeys keys(String name);

	/**
	 * Starts a server again that was killed, and waits until all is well.
	 */
	abstract void bringBack(RedisServer server);

	abstract <T> T on(RedisServer server, Function<RedisCommands<String, String>, T> question);

	final ManagedLockRegistry registry() {
		LettuceConnectionFactory connections = connectionFactory();
		closing(connections::destroy);
		return closing(LockRegistryBuilder.of(new RedisLockBackendFactory(connections, this.settings))
			.namespace(key().namespace())
			.gracePeriod(Duration.ofMillis(100))
			.listener(this.events::add)
			.build());
	}

	static ConditionFactory patiently() {
		return Awaitility.await().atMost(Duration.ofSeconds(60)).pollDelay(Duration.ZERO);
	}

	/**
	 * Waits until the replicas have all that was written.
	 */
	final void awaitReplication(RedisServer master) {
		patiently().until(() -> on(master, (redis) -> redis.info("replication")).lines()
			.filter((line) -> line.startsWith("slave") && line.contains("state=online"))
			.count() == replicas(NAME).size());
		String offset = offset(on(master, (redis) -> redis.info("replication")), "master_repl_offset:");
		patiently().until(() -> replicas(NAME).stream()
			.allMatch((replica) -> Long.parseLong(offset(on(replica, (redis) -> redis.info("replication")),
					"slave_repl_offset:")) >= Long.parseLong(offset)));
	}

	private static String offset(String info, String field) {
		return info.lines()
			.filter((line) -> line.startsWith(field))
			.findFirst()
			.orElseThrow()
			.substring(field.length());
	}

	@Test
	void holderAndWaiterOutliveTheirMaster() throws Exception {
		ManagedLockRegistry a = registry();
		ManagedLockRegistry b = registry();
		LockHandle held = a.acquire(LockSpec.of(NAME).withLeaseTime(Duration.ofMinutes(2)));
		CompletableFuture<LockHandle> waiting = b.acquireAsync(LockSpec.of(NAME).withWaitTime(Duration.ofMinutes(2)))
			.toCompletableFuture();
		RedisServer master = master(NAME);
		patiently().until(() -> on(master, (redis) -> redis.zcard(keys(NAME).queue())) == 1);
		awaitReplication(master);
		master.kill();
		patiently().until(() -> held.state() == LockState.UNCERTAIN);
		awaitOtherMaster(NAME, master);
		patiently().until(() -> held.state() == LockState.HELD);
		assertThat(waiting).isNotDone();
		assertThat(lost()).isEmpty();
		assertThat(held.release()).isTrue();
		LockHandle next = waiting.get(20, TimeUnit.SECONDS);
		assertThat(next.fencingToken()).isGreaterThan(held.fencingToken());
		assertThat(next.release()).isTrue();
	}

	/**
	 * Also: whoever asks while there is no master hears of it in time, and the first to
	 * get the lock afterwards has the larger token, although the new master knows neither
	 * of the grant nor of its revision.
	 */
	@Test
	void holderWhoseLockNeverReachedTheReplicaIsTold() throws Exception {
		ManagedLockRegistry a = registry();
		a.acquire("warm-up").release();
		RedisServer master = master(NAME);
		awaitReplication(master);
		LockHandle held = acquireUnreplicated(a, master);
		ManagedLockRegistry b = registry();
		LockHandle second = acquireInTheEnd(b);
		assertThat(second.fencingToken()).isGreaterThan(held.fencingToken());
		patiently().until(() -> held.state() == LockState.LOST);
		patiently().until(() -> !lost().isEmpty());
		assertThat(lost()).singleElement().satisfies((event) -> {
			assertThat(event.fencingToken()).isEqualTo(held.fencingToken());
			assertThat(event.cause()).isEqualTo(LockLost.Cause.TAKEN);
		});
		assertThat(second.state()).isEqualTo(LockState.HELD);
		assertThat(second.release()).isTrue();
		assertThat(held.state()).as("final").isEqualTo(LockState.LOST);
	}

	/**
	 * Each time the last grant is lost, and each time the next one is asked for by a
	 * client that has seen none of the tokens.
	 */
	@Test
	void tokensNeverGoBack() throws Exception {
		long last = 0;
		int rounds = Integer.getInteger("coordination.test.fail-overs", 3);
		for (int round = 0; round < rounds; round++) {
			try (ManagedLockRegistry locks = registry()) {
				locks.acquire("warm-up").release();
				RedisServer master = master(NAME);
				awaitReplication(master);
				LockHandle held = acquireUnreplicated(locks, master);
				assertThat(held.fencingToken()).as("round %d", round).isGreaterThan(last);
				last = held.fencingToken();
				try (ManagedLockRegistry fresh = registry()) {
					LockHandle next = acquireInTheEnd(fresh);
					assertThat(next.fencingToken()).as("round %d", round).isGreaterThan(last);
					last = next.fencingToken();
					assertThat(next.release()).isTrue();
				}
				bringBack(master);
			}
		}
		assertThat(last).isPositive();
	}

	/**
	 * Acquires while the replicas hear nothing, and has one of them promoted.
	 */
	private LockHandle acquireUnreplicated(ManagedLockRegistry locks, RedisServer master) throws InterruptedException {
		List<RedisServer> replicas = replicas(NAME);
		replicas.forEach(RedisServer::pause);
		// Else what is written would wait for them in their sockets
		patiently().until(() -> on(master, (redis) -> redis.clientKill(KillArgs.Builder.typeSlave())) == 0);
		LockHandle held = locks.acquire(LockSpec.of(NAME).withLeaseTime(Duration.ofMinutes(2)));
		master.kill();
		replicas.forEach(RedisServer::resume);
		return held;
	}

	private LockHandle acquireInTheEnd(ManagedLockRegistry locks) throws InterruptedException {
		long end = System.nanoTime() + Duration.ofSeconds(90).toNanos();
		while (true) {
			long asked = System.nanoTime();
			try {
				return locks.acquire(LockSpec.of(NAME).withWaitTime(WAIT_TIME).withLeaseTime(Duration.ofMinutes(2)));
			}
			catch (LockBackendException | LockNotAcquiredException ex) {
				assertThat(System.nanoTime() - end).as("%s", ex).isNegative();
			}
			finally {
				assertThat(Duration.ofNanos(System.nanoTime() - asked))
					.isLessThan(WAIT_TIME.plus(this.settings.commandTimeout()).plus(SLACK));
			}
			LockSupport.parkNanos(20_000_000);
		}
	}

	private List<LockLost> lost() {
		return this.events.stream().filter(LockLost.class::isInstance).map(LockLost.class::cast).toList();
	}

}
