package io.coordination.faults;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockSpec;
import io.coordination.redis.RedisServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens to the lock of a process that is killed or paused. Signals go to the
 * process that holds, and the one that waits is another one.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "There are no signals to pause a process with")
class HolderFaultTests {

	private static final String NAME = "machine";

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private RedisServer redis;

	private RedisProbe probe;

	private Instance next;

	@BeforeEach
	void start() {
		this.redis = RedisServer.start();
		this.probe = new RedisProbe(this.redis.port());
		this.next = Instance.start(this.redis.port());
	}

	@AfterEach
	void stop() {
		this.next.close();
		this.probe.close();
		this.redis.close();
	}

	/**
	 * Catches a lease that is not renewed (the waiter comes while the holder lives), one
	 * that a renewal or a grant leaves without an end (it never comes), and one that is
	 * taken before its end (it comes too early).
	 */
	@Test
	void afterAKillTheNextWaiterEntersWhenTheLeaseHasEndedAndNotBefore() throws Exception {
		try (ChildJvm holder = holder(Duration.ofSeconds(4))) {
			long dead = Long.parseLong(holder.expect("acquired", PATIENCE));
			CompletableFuture<LockHandle> waiter = waiter();
			// longer than the lease: the holder lives, so it is renewed
			assertThat(waiter).as("while the holder lives")
				.satisfies((w) -> assertStillWaiting(w, Duration.ofSeconds(5)));
			holder.kill();
			long before = System.nanoTime();
			long left = this.probe.askNumber("PTTL", Instance.lockKey(NAME));
			assertThat(left).as("the lock outlives its holder").isPositive();
			try (LockHandle handle = waiter.get(10, TimeUnit.SECONDS)) {
				long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);
				// Redis counts in whole milliseconds
				assertThat(waited).as("not before the lease has ended").isGreaterThanOrEqualTo(left - 1);
				assertThat(waited).as("at the next poll after it")
					.isLessThan(left + Instance.POLL_INTERVAL.plus(Instance.SCHEDULING_SLACK).toMillis());
				assertThat(handle.fencingToken()).isGreaterThan(dead);
			}
		}
	}

	/**
	 * Catches a state that is kept in a flag, a deadline that is checked by a timer only
	 * (timers run late after a pause), and a renewal that revives what was lost.
	 */
	@Test
	void afterALongPauseTheOldHolderLearnsThatItLostBeforeItCanDoAnything() throws Exception {
		try (RedisServer resource = RedisServer.start();
				Witness witness = new Witness(resource.port(), "next");
				ChildJvm holder = holder(Duration.ofSeconds(3), resource)) {
			long old = Long.parseLong(holder.expect("acquired", PATIENCE));
			holder.ask("wait for a gap", "waiting", PATIENCE);
			CompletableFuture<LockHandle> waiter = waiter();
			assertStillWaiting(waiter, Duration.ofMillis(500));
			holder.pause();
			try (LockHandle handle = waiter.get(10, TimeUnit.SECONDS)) {
				assertThat(handle.fencingToken()).isGreaterThan(old);
				assertThat(witness.present(NAME, handle.fencingToken())).isTrue();
				holder.resume();
				assertThat(holder.expect("check", PATIENCE)).isEqualTo("refused");
				assertThat(holder.expect("state", PATIENCE)).isEqualTo("LOST PT0S");
				assertThat(holder.expect("verified", PATIENCE)).isEqualTo("false");
				assertThat(holder.expect("resource", PATIENCE)).isEqualTo("refused");
				assertThat(holder.expect("told", PATIENCE)).as("callback and event, once each").isEqualTo("1 1");
				handle.ensureHeld();
				assertThat(holder.ask("release", "released", PATIENCE)).isEqualTo("false");
				assertThat(handle.verify().toCompletableFuture().get(5, TimeUnit.SECONDS))
					.as("the old holder released nothing of the new one")
					.isTrue();
			}
		}
	}

	/**
	 * The negative control of the one above: the same course of events, and a holder that
	 * looks only before the pause gets its late write through unless the resource
	 * compares tokens.
	 */
	@Test
	void withoutTheCheckAStaleWriteGetsThrough() throws Exception {
		try (Instance old = Instance.start(this.redis.port(),
				(builder) -> builder.leaseTime(Duration.ofMillis(500)).renewal(false))) {
			LockHandle stale = old.locks().acquire(NAME);
			stale.ensureHeld();
			try (LockHandle handle = waiter().get(10, TimeUnit.SECONDS);
					Witness witness = new Witness(this.redis.port(), "resource")) {
				this.probe.ask("SET", "unguarded", "by the new holder");
				assertThat(witness.present(NAME, handle.fencingToken())).isTrue();
				this.probe.ask("SET", "unguarded", "by the old holder");
				assertThat(this.probe.askText("GET", "unguarded")).isEqualTo("by the old holder");
				assertThat(witness.present(NAME, stale.fencingToken())).isFalse();
			}
			stale.close();
		}
	}

	private void assertStillWaiting(CompletableFuture<LockHandle> waiter, Duration time) {
		Awaitility.await().during(time).atMost(time.plusSeconds(5)).until(() -> !waiter.isDone());
	}

	private CompletableFuture<LockHandle> waiter() {
		return this.next.locks()
			.acquireAsync(LockSpec.of(NAME).withWaitTime(Duration.ofSeconds(30)))
			.toCompletableFuture();
	}

	private ChildJvm holder(Duration lease) {
		return holder(lease, this.redis);
	}

	private ChildJvm holder(Duration lease, RedisServer resource) {
		return ChildJvm.start(HolderProcess.class, Integer.toString(this.redis.port()),
				Integer.toString(resource.port()), NAME, Long.toString(lease.toMillis()));
	}

}
