package io.coordination.zookeeper;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.curator.RetryPolicy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.StandardLockInternalsDriver;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.KeeperException;
import org.junit.jupiter.api.Test;

import io.coordination.backend.Attempt;
import io.coordination.backend.ContractClient;
import io.coordination.backend.LockRequest;
import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Faults of Curator's {@link InterProcessMutex} that are known: each is shown there
 * first, or that it is mended there, and then that ours does not have it. The overflow of
 * sequence numbers has {@linkplain SequenceOverflowTests tests of its own}.
 */
class CuratorFaultsTests extends ZookeeperFixture {

	private static final String PEERS = "/peers/invoice";

	private static final int WAITERS = 16;

	/** As long a session as a server allows for, which is 4 s at the one of all tests. */
	private static final ZookeeperLockSettings SETTINGS = ZookeeperLockSettings.defaults();

	private static final RetryPolicy NO_RETRY = new RetryNTimes(0, 0);

	/**
	 * CURATOR-604: a mutex whose session changes while it acquires takes the node of the
	 * session before for its own, and is not alone when the server ends that session.
	 */
	@Test
	void nodeOfAnEarlierSessionLetsTwoIntoAMutexAndNobodyIn() throws Exception {
		CuratorFramework client = client(server().address());
		List<ZookeeperSession> before = new ArrayList<>();
		InterProcessMutex mutex = new InterProcessMutex(client, PEERS, new StandardLockInternalsDriver() {
			@Override
			public String createsTheLock(CuratorFramework facade, String path, byte[] data) throws Exception {
				String node = super.createsTheLock(facade, path, data);
				before.add(loseSession(client));
				patiently().until(client.getZookeeperClient()::isConnected);
				return node;
			}
		});
		assertThat(mutex.acquire(10, TimeUnit.SECONDS)).isTrue();
		server().expire(before.get(0));
		InterProcessMutex other = new InterProcessMutex(client(server().address()), PEERS);
		assertThat(other.acquire(10, TimeUnit.SECONDS)).isTrue();
		assertThat(mutex.isAcquiredInThisProcess()).isTrue();
		other.release();

		CuratorFramework shared = client(server().proxy().address());
		ZookeeperProcess a = closing(new ZookeeperProcess(ZookeeperLockBackendFactory.of(shared, SHORT)));
		a.session();
		LockRequest request = request();
		server().proxy().stallReplies();
		CompletionStage<Attempt> attempt = a.backend().tryAcquire(request);
		patiently().until(() -> nodes().size() == 1);
		ZookeeperSession earlier = loseSession(shared);
		server().proxy().pass();
		ContractClient.failure(attempt);
		List<String> old = nodes();
		assertThat(old).hasSize(1);
		a.awaitAnotherSession(earlier);
		ZookeeperLease lease = a.acquire(request);
		assertThat(nodes()).containsExactly(LockPath.name(lease.path())).isNotEqualTo(old);
		assertThat(server().stat(lease.path()).getEphemeralOwner()).isEqualTo(lease.session())
			.isNotEqualTo(earlier.id());
	}

	/**
	 * CURATOR-678: a release that fails is forgotten at once, while the node stays.
	 * Nobody holds the mutex, and nobody gets it, until a repetition in the background,
	 * which goes by the client's retry policy, succeeds.
	 */
	@Test
	void releaseThatFailsIsForgottenByAMutexAndNotByUs() throws Exception {
		ZookeeperServer server = closing(ZookeeperServer.start());
		InterProcessMutex mutex = new InterProcessMutex(client(server.proxy().address()), PEERS);
		mutex.acquire();
		cutOff(server);
		assertThatExceptionOfType(KeeperException.ConnectionLossException.class).isThrownBy(mutex::release);
		assertThat(mutex.isAcquiredInThisProcess()).isFalse();
		assertThat(server.children(PEERS)).hasSize(1);
		assertThat(new InterProcessMutex(client(server.address()), PEERS).acquire(0, TimeUnit.SECONDS)).isFalse();
		server.proxy().pass();

		ManagedLockRegistry locks = registry(server.proxy().address());
		LockHandle handle = locks.acquire("invoice:42");
		List<String> before = server.children(lockPath());
		cutOff(server);
		assertThatExceptionOfType(LockBackendException.class).isThrownBy(handle::release);
		assertThat(server.children(lockPath())).isEqualTo(before);
		server.proxy().pass();
		try (LockHandle next = acquire(locks)) {
			assertThat(next.fencingToken()).isGreaterThan(handle.fencingToken());
			assertThat(server.children(lockPath())).hasSize(1).isNotEqualTo(before);
		}
	}

	/**
	 * CURATOR-486: a release that failed cannot be repeated.
	 */
	@Test
	void releaseThatFailedCannotBeRepeatedWithAMutexAndIsByUs() throws Exception {
		ZookeeperServer server = closing(ZookeeperServer.start());
		InterProcessMutex mutex = new InterProcessMutex(client(server.proxy().address()), PEERS);
		mutex.acquire();
		cutOff(server);
		assertThatExceptionOfType(KeeperException.ConnectionLossException.class).isThrownBy(mutex::release);
		assertThatExceptionOfType(IllegalMonitorStateException.class).isThrownBy(mutex::release)
			.withMessageStartingWith("You do not own the lock");
		assertThat(server.children(PEERS)).hasSize(1);
		server.proxy().pass();

		ManagedLockRegistry locks = registry(server.proxy().address());
		LockHandle handle = locks.acquire("invoice:42");
		long session = owner(server);
		cutOff(server);
		assertThatExceptionOfType(LockBackendException.class).isThrownBy(handle::release)
			.satisfies((failure) -> assertThatExceptionOfType(LockBackendException.class).isThrownBy(handle::release)
				.isSameAs(failure));
		server.proxy().pass();
		patiently().until(() -> server.children(lockPath()).isEmpty());
		try (LockHandle next = acquire(locks)) {
			// It went by a release, and not with its session
			assertThat(owner(server)).isEqualTo(session);
			next.ensureHeld();
		}
	}

	private long owner(ZookeeperServer server) throws Exception {
		return server.stat(lockPath() + "/" + server.children(lockPath()).get(0)).getEphemeralOwner();
	}

	/**
	 * CURATOR-347: only the thread that acquired can release.
	 */
	@Test
	void mutexIsReleasedByItsThreadOnlyAndOurLockByAny() throws Exception {
		InterProcessMutex mutex = new InterProcessMutex(client(server().address()), PEERS);
		mutex.acquire();
		assertThat(CompletableFuture.runAsync(() -> {
			assertThatExceptionOfType(IllegalMonitorStateException.class).isThrownBy(mutex::release);
		})).succeedsWithin(Duration.ofSeconds(30));
		assertThat(mutex.isAcquiredInThisProcess()).isTrue();
		mutex.release();

		LockHandle handle = registry(server().address()).acquire("invoice:42");
		assertThat(CompletableFuture.supplyAsync(handle::release)).succeedsWithin(Duration.ofSeconds(30))
			.isEqualTo(true);
		assertThat(nodes()).isEmpty();
	}

	/**
	 * CURATOR-79: an interrupt before the node's creation is answered left the node there
	 * and so locked everybody out. Mended in Curator 2.8: the mutex has the node removed
	 * in the background, and this shows that it does.
	 */
	@Test
	void interruptBeforeTheAnswerLeavesNoNode() throws Exception {
		InterProcessMutex mutex = new InterProcessMutex(client(server().proxy().address()), PEERS);
		mutex.acquire();
		mutex.release();
		interruptBeforeTheAnswer(mutex::acquire, PEERS);
		assertThat(mutex.acquire(10, TimeUnit.SECONDS)).isTrue();
		mutex.release();

		ManagedLockRegistry locks = registry(server().proxy().address());
		locks.acquire("invoice:42").close();
		interruptBeforeTheAnswer(() -> locks.acquire("invoice:42"), lockPath());
		assertThat(acquire(locks).release()).isTrue();
	}

	/**
	 * CURATOR-716: a release wakes every thread that waits for the same mutex, and each
	 * reads the line and the node before its own anew, one after the other.
	 */
	@Test
	void releaseWakesAllWhoWaitForAMutexAndOneOfOurs() throws Exception {
		ZookeeperWire wire = closing(new ZookeeperWire(server().port(), Duration.ZERO));
		InterProcessMutex mutex = new InterProcessMutex(client(wire.address()), PEERS);
		CountDownLatch entered = new CountDownLatch(1);
		mutex.acquire();
		wire.reset();
		startWaiters(() -> {
			mutex.acquire();
			entered.countDown();
		});
		patiently().until(() -> wire.requests("getData") == WAITERS);
		wire.reset();
		mutex.release();
		assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
		patiently().until(() -> wire.requests("getChildren2") >= WAITERS && wire.requests("getData") >= WAITERS - 1);

		ZookeeperWire ours = closing(new ZookeeperWire(server().port(), Duration.ZERO));
		ManagedLockRegistry locks = registry(ours.address());
		CountDownLatch next = new CountDownLatch(1);
		LockHandle held = locks.acquire("invoice:42");
		List<LockHandle> handles = new CopyOnWriteArrayList<>();
		List<Thread> waiters = startWaiters(() -> {
			handles.add(acquire(locks));
			next.countDown();
		});
		patiently().until(() -> waiters.stream().allMatch((thread) -> thread.getState() == Thread.State.TIMED_WAITING));
		ours.reset();
		assertThat(held.release()).isTrue();
		assertThat(next.await(30, TimeUnit.SECONDS)).isTrue();
		assertThat(ours.requests()).as("%s", ours.byKind()).isLessThanOrEqualTo(4);
		assertThat(handles).hasSize(1);
	}

	/**
	 * Starts threads that wait for a lock, and keep it until the end.
	 */
	private List<Thread> startWaiters(Action acquisition) {
		List<Thread> waiters = new ArrayList<>();
		for (int i = 0; i < WAITERS; i++) {
			Thread thread = new Thread(() -> {
				try {
					acquisition.run();
					new CountDownLatch(1).await();
				}
				catch (Exception ex) {
					// the end
				}
			});
			closing(thread::interrupt);
			thread.start();
			waiters.add(thread);
		}
		return waiters;
	}

	private void interruptBeforeTheAnswer(Action acquisition, String path) throws Exception {
		assertThat(server().children(path)).isEmpty();
		server().proxy().stallReplies();
		CompletableFuture<Void> interrupted = new CompletableFuture<>();
		Thread thread = new Thread(() -> {
			try {
				acquisition.run();
				interrupted.completeExceptionally(new AssertionError("acquired"));
			}
			catch (InterruptedException ex) {
				interrupted.complete(null);
			}
			catch (Exception ex) {
				interrupted.completeExceptionally(ex);
			}
		});
		thread.start();
		patiently().until(() -> server().children(path).size() == 1);
		thread.interrupt();
		assertThat(interrupted).succeedsWithin(Duration.ofSeconds(30));
		server().proxy().pass();
		patiently().until(() -> server().children(path).isEmpty());
	}

	/**
	 * Breaks the connections behind the proxy, and lets none be made.
	 */
	private static void cutOff(ZookeeperServer server) {
		server.proxy().refuse();
		server.proxy().cut();
	}

	/**
	 * Acquires as soon as there is a connection.
	 */
	private static LockHandle acquire(ManagedLockRegistry locks) {
		return patiently().ignoreExceptionsInstanceOf(LockBackendException.class)
			.until(() -> locks.acquire(LockSpec.of("invoice:42").withWaitTime(Duration.ofSeconds(20))),
					(handle) -> true);
	}

	private ManagedLockRegistry registry(String address) {
		return closing(LockRegistryBuilder.of(ZookeeperLockBackendFactory.of(address, null, SETTINGS))
			.namespace(key().namespace())
			.gracePeriod(Duration.ZERO)
			.build());
	}

	/**
	 * A client that is connected, and does nothing twice.
	 */
	private CuratorFramework client(String address) throws InterruptedException {
		CuratorFramework client = closing(CuratorFrameworkFactory.builder()
			.connectString(address)
			.ensembleTracker(false)
			.sessionTimeoutMs(20_000)
			.connectionTimeoutMs(1000)
			.retryPolicy(NO_RETRY)
			.build());
		client.start();
		assertThat(client.blockUntilConnected(30, TimeUnit.SECONDS)).isTrue();
		return client;
	}

	private interface Action {

		void run() throws Exception;

	}

}
