package io.coordination.zookeeper;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.zookeeper.ZookeeperLockSettings.Access;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A session that was idle until it got a lock, over a follower that dies right after
 * that: the leader has not heard of the session since its last ping.
 */
class FollowerTests {

	private static final int TICK = 1500;

	private static final ZookeeperLockSettings SETTINGS = new ZookeeperLockSettings(Duration.ofSeconds(30),
			Duration.ofSeconds(10), Duration.ofSeconds(2), "/coordination", Access.OPEN);

	private static final LockSpec SPEC = LockSpec.of("follower")
		.withLeaseTime(Duration.ofMinutes(2))
		.withWaitTime(Duration.ofMinutes(2));

	@Test
	@Tag("load")
	void holderIsToldBeforeTheLeaderEndsItsSession() throws Exception {
		ZookeeperEnsemble ensemble = ZookeeperEnsemble.start(TICK);
		try {
			int leader = ensemble.awaitLeader();
			int follower = ensemble.ports().stream().filter((port) -> port != leader).findFirst().orElseThrow();
			try (ManagedLockRegistry others = registry(leader)) {
				others.acquire(SPEC).close();
				// So that the leader rounds up the end of the session by little
				Awaitility.await()
					.pollDelay(Duration.ZERO)
					.pollInterval(Duration.ofMillis(5))
					.until(() -> System.nanoTime() / 1_000_000 % TICK / 50 == 600 / 50);
				long connectedAt = System.nanoTime();
				try (ManagedLockRegistry locks = registry(follower)) {
					// Just before the client's first ping
					TimeUnit.MILLISECONDS.sleep(8900);
					LockHandle handle = locks.acquire(SPEC);
					ensemble.kill(follower);
					long killedAfter = System.nanoTime() - connectedAt;
					CompletableFuture<LockHandle> next = others.acquireAsync(SPEC).toCompletableFuture();
					LockHandle second = next.get(60, TimeUnit.SECONDS);
					LockState state = handle.state();
					long left = handle.remainingValidity().toMillis();
					second.close();
					assertThat(state)
						.as("first holder, %d ms after its connection, killed after %d ms, validity %d ms",
								(System.nanoTime() - connectedAt) / 1_000_000, killedAfter / 1_000_000, left)
						.isEqualTo(LockState.LOST);
				}
			}
		}
		finally {
			ensemble.close();
		}
	}

	private static ManagedLockRegistry registry(int port) {
		return LockRegistryBuilder.of(ZookeeperLockBackendFactory.of("127.0.0.1:" + port, null, SETTINGS))
			.namespace("test")
			.gracePeriod(Duration.ZERO)
			.build();
	}

}
