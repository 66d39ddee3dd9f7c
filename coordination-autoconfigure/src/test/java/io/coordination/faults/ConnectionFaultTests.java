package io.coordination.faults;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockUncertain;
import io.coordination.redis.RedisServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a holder and a waiter see when the network between them and the store is cut,
 * silent, slow or deaf to messages.
 */
class ConnectionFaultTests {

	private static final String NAME = "bridge";

	private RedisServer redis;

	private RedisProbe probe;

	private FaultProxy proxy;

	private Instance instance;

	@BeforeEach
	void start() throws Exception {
		this.redis = RedisServer.start();
		this.probe = new RedisProbe(this.redis.port());
		this.proxy = new FaultProxy(this.redis.port());
		this.instance = Instance.start(this.proxy.port());
		this.instance.locks().acquire("first").release();
	}

	@AfterEach
	void stop() {
		this.proxy.pass();
		this.instance.close();
		this.proxy.close();
		this.probe.close();
		this.redis.close();
	}

	/**
	 * Catches a holder that is not told, one that is told too much (LOST although the
	 * lease runs), and one that waits for the next renewal of a long lease before it is
	 * sure again.
	 */
	@Test
	void aCutWhileHoldingIsUncertainAndHeldAgainAfterTheReconnect() throws Exception {
		try (LockHandle handle = this.instance.locks().acquire(spec(Duration.ofSeconds(30)))) {
			this.proxy.refuse();
			this.proxy.cut();
			Awaitility.await().atMost(Duration.ofSeconds(2)).until(() -> handle.state() == LockState.UNCERTAIN);
			handle.ensureHeld();
			assertThat(handle.remainingValidity()).isPositive();
			Awaitility.await()
				.untilAsserted(() -> assertThat(this.instance.events(LockUncertain.class, NAME)).hasSize(1));
			this.proxy.pass();
			Awaitility.await().atMost(Duration.ofSeconds(6)).until(() -> handle.state() == LockState.HELD);
			assertThat(handle.release()).isTrue();
		}
		assertThat(this.instance.events(LockLost.class)).isEmpty();
	}

	/**
	 * Catches a holder that believes in its lease for as long as nobody says otherwise,
	 * and one that stops believing only when others may already have the lock.
	 */
	@Test
	void aPartitionLongerThanTheLeaseIsLostByTheOwnClockBeforeTheStoreFreesIt() throws Exception {
		try (LockHandle handle = this.instance.locks().acquire(spec(Duration.ofSeconds(2)))) {
			AtomicLong leftWhenTold = new AtomicLong(Long.MIN_VALUE);
			handle.onLost((lost) -> leftWhenTold.set(this.probe.askNumber("PTTL", Instance.lockKey(NAME))));
			this.proxy.partition();
			Awaitility.await()
				.pollInterval(Duration.ofMillis(5))
				.atMost(Duration.ofSeconds(4))
				.until(() -> leftWhenTold.get() != Long.MIN_VALUE);
			// the margin of a lease of 2 s is 30 ms; the store's answer for a key that is
			// gone is negative
			assertThat(leftWhenTold.get()).as("milliseconds that the store still keeps it").isNotNegative();
			assertThat(handle.state()).isEqualTo(LockState.LOST);
			assertThat(handle.remainingValidity()).isZero();
			assertThatExceptionOfType(LockLostException.class).isThrownBy(handle::ensureHeld);
			assertThat(this.instance.events(LockUncertain.class, NAME)).as("warned before").hasSize(1);
			this.proxy.pass();
			Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
				try (LockHandle next = this.instance.locks().acquire(spec(Duration.ofSeconds(2)))) {
					assertThat(next.fencingToken()).isGreaterThan(handle.fencingToken());
				}
			});
			assertThat(handle.state()).as("final").isEqualTo(LockState.LOST);
			assertThat(this.instance.events(LockLost.class, NAME)).extracting(LockLost::cause)
				.containsExactly(LockLost.Cause.NOT_RENEWED);
		}
	}

	/**
	 * Catches a waiter that relies on messages: they are sent at most once, and a
	 * subscription may be gone.
	 */
	@Test
	void aWaiterWithoutItsPushChannelGetsTheLockByPolling() throws Exception {
		try (Instance holder = Instance.start(this.redis.port())) {
			LockHandle held = holder.locks().acquire(spec(Duration.ofSeconds(30)));
			CompletableFuture<LockHandle> waiter = this.instance.locks()
				.acquireAsync(spec(Duration.ofSeconds(30)).withWaitTime(Duration.ofSeconds(20)))
				.toCompletableFuture();
			Awaitility.await().until(() -> this.probe.askNumber("EXISTS", Instance.lockKey(NAME) + ":queue") == 1);
			Injection deaf = this.proxy.inject(Fault.RESET_BEFORE, (request) -> request.command().endsWith("SUBSCRIBE"),
					Integer.MAX_VALUE);
			assertThat(this.proxy.cutThoseThatSent("SUBSCRIBE")).as("subscriptions").isPositive();
			Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> deaf.hits() > 0);
			// in the queue still, or again
			Awaitility.await()
				.atMost(Duration.ofSeconds(5))
				.until(() -> this.probe.askNumber("EXISTS", Instance.lockKey(NAME) + ":queue") == 1);
			long start = System.nanoTime();
			assertThat(held.release()).isTrue();
			try (LockHandle handle = waiter.get(10, TimeUnit.SECONDS)) {
				assertThat(Duration.ofNanos(System.nanoTime() - start))
					.isLessThan(Instance.POLL_INTERVAL.plus(Instance.SCHEDULING_SLACK));
				assertThat(handle.fencingToken()).isGreaterThan(held.fencingToken());
				// longer than the grant that was found: it became a full lease
				Awaitility.await()
					.during(Instance.GRANT_LEASE.plusMillis(500))
					.atMost(Duration.ofSeconds(10))
					.until(() -> handle.state() != LockState.LOST);
				assertThat(handle.verify().toCompletableFuture().get(5, TimeUnit.SECONDS)).isTrue();
			}
		}
		assertThat(this.instance.events(LockLost.class)).isEmpty();
	}

	/**
	 * Catches calls that wait for the client library's own time-out, or for a connection
	 * without a bound.
	 */
	@Test
	void inAPartitionEveryCallReturnsWithinItsWaitTimeAndOneCommandTimeout() throws Exception {
		LockHandle held = this.instance.locks().acquire(LockSpec.of("held").withLeaseTime(Duration.ofSeconds(30)));
		for (boolean cut : new boolean[] { false, true }) {
			this.proxy.partition();
			if (cut) {
				// open connections end, new ones are never answered
				this.proxy.cut();
			}
			for (Duration waitTime : new Duration[] { Duration.ZERO, Duration.ofMillis(300), Duration.ofSeconds(2) }) {
				long start = System.nanoTime();
				assertThatExceptionOfType(LockBackendException.class)
					.isThrownBy(() -> this.instance.locks().acquire(LockSpec.of(NAME).withWaitTime(waitTime)));
				assertThat(Duration.ofNanos(System.nanoTime() - start)).as("acquire with wait time %s", waitTime)
					.isLessThan(waitTime.plus(Instance.COMMAND_TIMEOUT).plus(Instance.SCHEDULING_SLACK));
			}
			assertThat(held.verify()).failsWithin(Instance.COMMAND_TIMEOUT.plus(Instance.SCHEDULING_SLACK));
			this.proxy.pass();
			Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> held.state() == LockState.HELD);
		}
		this.proxy.partition();
		long start = System.nanoTime();
		assertThatExceptionOfType(LockBackendException.class).isThrownBy(held::release);
		assertThat(Duration.ofNanos(System.nanoTime() - start)).as("release")
			.isLessThan(Instance.COMMAND_TIMEOUT.plus(Instance.SCHEDULING_SLACK));
		this.proxy.pass();
		Awaitility.await()
			.atMost(Duration.ofSeconds(10))
			.until(() -> this.probe.askNumber("EXISTS", Instance.lockKey("held")) == 0);
	}

	/**
	 * Catches a client that goes on asking on a connection whose other end is gone
	 * without a word, until the operating system gives it up.
	 */
	@Test
	void aConnectionThatNeverAnswersIsReplaced() throws Exception {
		try (LockHandle held = this.instance.locks().acquire(spec(Duration.ofSeconds(30)))) {
			this.proxy.inject(Fault.DROP_REPLY, Request::isScript, 1);
			Awaitility.await()
				.atMost(Instance.COMMAND_TIMEOUT.multipliedBy(6).plus(Instance.SCHEDULING_SLACK))
				.ignoreExceptionsInstanceOf(LockBackendException.class)
				.until(() -> this.instance.locks().acquire("other").release());
			Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> held.state() == LockState.HELD);
			assertThat(this.instance.events(LockUncertain.class, NAME)).isNotEmpty();
			assertThat(held.release()).isTrue();
		}
		assertThat(this.instance.events(LockLost.class)).isEmpty();
	}

	/**
	 * Catches a process that is told nothing any more because it could not subscribe at
	 * first.
	 */
	@Test
	void aSubscriptionThatFailedAtFirstIsMadeLater() throws Exception {
		try (FaultProxy other = new FaultProxy(this.redis.port())) {
			Injection lost = other.inject(Fault.RESET_BEFORE, (request) -> request.command().equals("SUBSCRIBE"), 1);
			try (Instance late = Instance.start(other.port())) {
				int before = this.probe.askList("PUBSUB", "CHANNELS", "coordination:push:*").size();
				Awaitility.await()
					.atMost(Duration.ofSeconds(10))
					.ignoreExceptionsInstanceOf(LockBackendException.class)
					.until(() -> {
						late.locks().acquire("late").close();
						return this.probe.askList("PUBSUB", "CHANNELS", "coordination:push:*").size() > before;
					});
				assertThat(lost.hits()).isOne();
			}
		}
	}

	/**
	 * Catches validity that is counted from the answer instead of from before the
	 * request.
	 */
	@Test
	void aSlowAnswerShortensTheValidityAndNotTheLease() throws Exception {
		this.proxy.delay(Duration.ZERO, Duration.ofMillis(300));
		try (LockHandle handle = this.instance.locks().acquire(spec(Duration.ofSeconds(5)).withRenewal(false))) {
			Duration validity = handle.remainingValidity();
			long left = this.probe.askNumber("PTTL", Instance.lockKey(NAME));
			assertThat(validity).isLessThanOrEqualTo(Duration.ofMillis(5000 - 300 - 60))
				.isGreaterThan(Duration.ofSeconds(3));
			assertThat(handle.remainingValidity().toMillis()).as("never longer than the store keeps it")
				.isLessThan(left);
		}
	}

	private static LockSpec spec(Duration lease) {
		return LockSpec.of(NAME).withLeaseTime(lease);
	}

}
