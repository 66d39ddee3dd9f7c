package io.coordination.faults;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockOutcomeUnknownException;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.event.LockAcquired;
import io.coordination.lock.event.LockLost;
import io.coordination.redis.RedisServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What happens when the store acted and its answer was lost, or acts long after the
 * client gave up. The lease is 30 s throughout, so whatever becomes free within these
 * tests was given back and did not just end.
 */
class LostReplyTests {

	private static final String NAME = "parcel";

	/** Well before the lease has ended, and time for several attempts to give back. */
	private static final Duration SOON = Duration.ofSeconds(8);

	private RedisServer redis;

	private RedisProbe probe;

	private FaultProxy proxy;

	private Instance instance;

	private Instance other;

	@BeforeEach
	void start() throws Exception {
		this.redis = RedisServer.start();
		this.probe = new RedisProbe(this.redis.port());
		this.proxy = new FaultProxy(this.redis.port());
		this.instance = Instance.start(this.proxy.port());
		this.other = Instance.start(this.redis.port());
		// connects, loads the scripts, and tells the clients the server's time
		this.instance.locks().acquire("first").release();
		this.other.locks().acquire("first").release();
		this.proxy.resetCounters();
	}

	@AfterEach
	void stop() {
		this.proxy.pass();
		this.instance.close();
		this.other.close();
		this.proxy.close();
		this.probe.close();
		this.redis.close();
	}

	/**
	 * Catches a second owner id for the second try: it would wait for its own ghost until
	 * the lease ends.
	 */
	@Test
	void anAcquireWhoseReplyIsLostIsResolvedWithTheSameOwner() throws Exception {
		Injection lost = this.proxy.inject(Fault.RESET_AFTER, LostReplyTests::isOperation, 1);
		long start = System.nanoTime();
		try (LockHandle handle = this.instance.locks().acquire(spec(Duration.ofSeconds(10)))) {
			assertThat(lost.hits()).isOne();
			assertThat(elapsed(start)).isLessThan(Duration.ofSeconds(5));
			assertThat(handle.state()).isEqualTo(LockState.HELD);
			assertThat(this.probe.askNumber("GET", Instance.fenceKey())).as("granted once, and this is the grant")
				.isEqualTo(handle.fencingToken() >> 10);
			assertThat(handle.release()).isTrue();
		}
		assertThat(this.instance.events(LockAcquired.class, NAME)).hasSize(1);
		assertFree();
	}

	/**
	 * Catches a client library that sends a request again on a new connection, when
	 * nobody knows any more what has become of it.
	 */
	@Test
	void aRequestThatIsLostIsNotSentAgainByTheClientLibrary() throws Exception {
		long last = this.probe.askNumber("GET", Instance.fenceKey());
		Injection lost = this.proxy.inject(Fault.RESET_BEFORE, LostReplyTests::isOperation, 1);
		assertThatExceptionOfType(LockOutcomeUnknownException.class)
			.isThrownBy(() -> this.instance.locks().acquire(spec(Duration.ZERO)));
		assertThat(lost.hits()).isOne();
		Awaitility.await()
			.during(Instance.COMMAND_TIMEOUT.multipliedBy(2))
			.atMost(SOON)
			.until(() -> this.probe.askNumber("GET", Instance.fenceKey()) == last);
		assertFree();
	}

	/**
	 * Catches a request that is not repeated, or is reported as done although the server
	 * never saw it.
	 */
	@Test
	void anAcquireThatNeverArrivedIsSentAgain() throws Exception {
		Injection lost = this.proxy.inject(Fault.RESET_BEFORE, LostReplyTests::isOperation, 1);
		try (LockHandle handle = this.instance.locks().acquire(spec(Duration.ofSeconds(10)))) {
			assertThat(lost.hits()).isOne();
			assertThat(handle.verify().toCompletableFuture().get(5, TimeUnit.SECONDS)).isTrue();
		}
	}

	/**
	 * Catches a ghost: the call failed, and the lock is held for a whole lease by nobody.
	 */
	@Test
	void anAcquireThatFailedLeavesNoGhost() throws Exception {
		this.proxy.inject(Fault.DROP_REPLY, LostReplyTests::isOperation, 1);
		long start = System.nanoTime();
		assertThatExceptionOfType(LockOutcomeUnknownException.class)
			.isThrownBy(() -> this.instance.locks().acquire(spec(Duration.ZERO)))
			.withMessageContaining(NAME);
		assertThat(elapsed(start)).isLessThan(Instance.COMMAND_TIMEOUT.plus(Instance.SCHEDULING_SLACK));
		// the old connection is deaf, and a network that heals resets it in the end
		this.proxy.cut();
		assertFreeSoon();
		assertThat(this.instance.locks().held()).isEmpty();
	}

	/**
	 * Catches the ghost that comes later: the acquire waited in the network, and arrives
	 * after its owner was given up and released (safety rule 11).
	 */
	@Test
	void anAcquireThatArrivesAfterItsEndIsRefused() throws Exception {
		this.proxy.stallRequests();
		CompletableFuture<LockHandle> call = this.instance.locks()
			.acquireAsync(spec(Duration.ZERO))
			.toCompletableFuture();
		Awaitility.await().until(() -> this.proxy.requestCount() >= 1);
		// new connections work, the old bytes are on their way
		this.proxy.detach();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(() -> releaseIfGranted(call))
			.withCauseInstanceOf(LockBackendException.class);
		Awaitility.await()
			.pollDelay(Instance.COMMAND_TIMEOUT.multipliedBy(3))
			.atMost(SOON)
			.until(() -> this.probe.askNumber("EXISTS", Instance.lockKey(NAME)) == 0);
		this.proxy.pass();
		Awaitility.await()
			.during(Duration.ofSeconds(2))
			.atMost(SOON)
			.until(() -> this.probe.askNumber("EXISTS", Instance.lockKey(NAME)) == 0);
		assertFree();
	}

	/**
	 * Catches a clean-up that is sent once and early: it overtakes the acquire, which
	 * then holds the lock.
	 */
	@Test
	void anAcquireThatArrivesAfterItsReleaseIsReleasedOnceMore() throws Exception {
		this.proxy.stallRequests();
		CompletableFuture<LockHandle> call = this.instance.locks()
			.acquireAsync(spec(Duration.ZERO))
			.toCompletableFuture();
		Awaitility.await().until(() -> this.proxy.requestCount() >= 1);
		this.proxy.detach();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(() -> releaseIfGranted(call));
		this.proxy.pass();
		assertFreeSoon();
	}

	/**
	 * Catches a release that says {@code true} or {@code false} without knowing, and one
	 * that counts as a loss.
	 */
	@Test
	void aReleaseWhoseReplyIsLostIsUnknownAndNoLoss() throws Exception {
		LockHandle handle = this.instance.locks().acquire(spec(Duration.ZERO));
		this.proxy.inject(Fault.DROP_REPLY, LostReplyTests::isOperation, 1);
		long start = System.nanoTime();
		assertThatExceptionOfType(LockOutcomeUnknownException.class).isThrownBy(handle::release)
			.withMessageContaining(NAME);
		assertThat(elapsed(start)).isLessThan(Instance.COMMAND_TIMEOUT.plus(Instance.SCHEDULING_SLACK));
		assertThat(handle.state()).isEqualTo(LockState.RELEASED);
		assertThatExceptionOfType(LockOutcomeUnknownException.class).as("the second call answers as the first")
			.isThrownBy(handle::release);
		assertFree();
		this.proxy.cut();
		// Until the client is connected again the store cannot be asked, which is said at
		// once
		Awaitility.await()
			.ignoreExceptionsInstanceOf(LockBackendException.class)
			.untilAsserted(() -> assertNextTokenIsLarger(handle));
		assertThat(this.instance.events(LockLost.class)).isEmpty();
	}

	/**
	 * Catches a {@code close()} that hides the exception of the guarded code behind its
	 * own, and a release that is given up after the first attempt.
	 */
	@Test
	void aReleaseThatNeverArrivedIsRepeatedInTheBackground() throws Exception {
		LockHandle handle = this.instance.locks().acquire(spec(Duration.ZERO));
		this.proxy.inject(Fault.RESET_BEFORE, LostReplyTests::isOperation, 1);
		handle.close();
		assertFreeSoon();
		assertThat(this.instance.events(LockLost.class)).isEmpty();
	}

	private static void releaseIfGranted(CompletableFuture<LockHandle> call) {
		call.join().close();
	}

	private static LockSpec spec(Duration waitTime) {
		return LockSpec.of(NAME).withWaitTime(waitTime).withLeaseTime(Duration.ofSeconds(30));
	}

	private static boolean isOperation(Request request) {
		return request.isScript() && request.mentions("{" + NAME + "}");
	}

	private static Duration elapsed(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
	}

	private void assertFree() throws InterruptedException {
		try (LockHandle handle = this.other.locks().acquire(LockSpec.of(NAME).withoutWaiting())) {
			handle.ensureHeld();
		}
	}

	private void assertFreeSoon() throws InterruptedException {
		try (LockHandle handle = this.other.locks().acquire(LockSpec.of(NAME).withWaitTime(SOON))) {
			handle.ensureHeld();
		}
	}

	private void assertNextTokenIsLarger(LockHandle handle) throws InterruptedException {
		try (LockHandle next = this.instance.locks().acquire(spec(Duration.ofSeconds(5)))) {
			assertThat(next.fencingToken()).isGreaterThan(handle.fencingToken());
		}
	}

}
