package io.coordination.zookeeper;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.coordination.backend.LockKey;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.zookeeper.ZookeeperLockSettings.Access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * News that lets a waiter in, on its way together with the answer to its poll.
 */
class CrossingPollTests {

	private static final ZookeeperLockSettings SETTINGS = new ZookeeperLockSettings(Duration.ofSeconds(16),
			Duration.ofSeconds(10), Duration.ofSeconds(1), "/coordination", Access.OPEN);

	private static final LockSpec SPEC = LockSpec.of("crossing").withWaitTime(Duration.ofSeconds(40));

	private static final String LOCK = LockPath.of("/coordination", new LockKey("test", "crossing")).lock();

	private final ZookeeperServer server = ZookeeperServer.start();

	private final ManagedLockRegistry a = registry(this.server.proxy().address());

	private final ManagedLockRegistry b = registry(this.server.address());

	private final ManagedLockRegistry c = registry(this.server.address());

	@AfterEach
	void close() {
		this.server.proxy().pass();
		this.c.close();
		this.b.close();
		this.a.close();
		this.server.close();
	}

	@Test
	void foreignNodeDoesNotTakeTheLockFromItsHolder() throws Exception {
		LockHandle held = this.b.acquire(SPEC);
		CompletableFuture<LockHandle> waiting = this.a.acquireAsync(SPEC).toCompletableFuture();
		awaitWatching();
		// The next poll of 'a' is due in 2.9 to 4.8 s, and then those of the third
		TimeUnit.MILLISECONDS.sleep(2000);
		this.server.proxy().stallReplies();
		held.close();
		CompletableFuture<LockHandle> third = this.c.acquireAsync(SPEC).toCompletableFuture();
		awaitNodes(2);
		TimeUnit.MILLISECONDS.sleep(200);
		this.server.look().create(LOCK + "/v2-other", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
		awaitPollOfA();
		this.server.proxy().pass();
		LockHandle first = waiting.get(10, TimeUnit.SECONDS);
		// The third is let in by nobody, or is told of the foreign node
		assertThatThrownBy(() -> third.get(3, TimeUnit.SECONDS)).isInstanceOf(Exception.class);
		assertThat(first.verify().toCompletableFuture().get()).isTrue();
		assertThat(first.state()).isEqualTo(LockState.HELD);
	}

	@Test
	void nodeThatWasRemovedIsNotReplacedForAHolder() throws Exception {
		LockHandle held = this.b.acquire(SPEC);
		CompletableFuture<LockHandle> waiting = this.a.acquireAsync(SPEC).toCompletableFuture();
		awaitWatching();
		this.server.proxy().stallReplies();
		held.close();
		this.server.look().delete(this.server.lockNode(LOCK), -1);
		awaitPollOfA();
		this.server.proxy().pass();
		LockHandle first = waiting.get(10, TimeUnit.SECONDS);
		ZookeeperFixture.patiently().until(() -> first.state() == LockState.LOST);
		first.close();
		// nobody has the lock, and nobody wants it
		assertThat(this.c.tryAcquire(SPEC.withWaitTime(Duration.ofSeconds(25)))).as("the free lock").isPresent();
	}

	/**
	 * 'a' watches the node before its own, and knows.
	 */
	private void awaitWatching() {
		ZookeeperFixture.patiently()
			.until(() -> this.server.isWatchedBelow(LOCK) && this.server.proxy().unanswered() == 0);
	}

	private void awaitPollOfA() {
		AtomicInteger requests = new AtomicInteger();
		this.server.proxy().beforeEach(() -> {
			if (Thread.currentThread().getName().endsWith("requests")) {
				requests.incrementAndGet();
			}
		});
		ZookeeperFixture.patiently().until(() -> requests.get() >= 2);
		try {
			TimeUnit.MILLISECONDS.sleep(200);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void awaitNodes(int count) {
		ZookeeperFixture.patiently().until(() -> this.server.children(LOCK).size() == count);
	}

	private static ManagedLockRegistry registry(String address) {
		return LockRegistryBuilder.of(ZookeeperLockBackendFactory.of(address, null, SETTINGS))
			.namespace("test")
			.gracePeriod(Duration.ZERO)
			.build();
	}

}
