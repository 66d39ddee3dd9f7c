package io.coordination.faults;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockUncertain;
import io.coordination.redis.RedisServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens when the server stops, is paused or forgets, while two instances work with
 * it. In each test every call must return in its time, both instances must work again
 * without help, and those that hold must be told the truth. See {@link FaultyHours} for
 * the load and for what is checked in all of them.
 * <p>
 * A pause and forgotten scripts must keep the lock exclusive, and the witness says so.
 * After lost data (a restart without persistence, {@code FLUSHALL}) two may hold for as
 * long as a lease: that is the limit of Redis, and what can be promised instead is that
 * the first is told and that the second has the larger token.
 */
@Tag("load")
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "There are no signals to pause a process with")
class ServerFaultTests {

	private static final Duration LEASE = Duration.ofSeconds(3);

	private RedisServer redis;

	private RedisServer resource;

	private FaultyHours hours;

	@BeforeEach
	void start(TestInfo test) {
		this.redis = RedisServer.start();
		this.resource = RedisServer.start();
		boolean unnoticed = test.getTags().contains("unnoticed");
		this.hours = new FaultyHours(this.redis, this.resource,
				unnoticed ? Instance.PATIENT_COMMAND_TIMEOUT : Instance.COMMAND_TIMEOUT,
				unnoticed ? Duration.ofSeconds(30) : LEASE);
	}

	@AfterEach
	void stop() {
		this.hours.close();
		this.resource.close();
		this.redis.close();
	}

	/**
	 * Catches calls that hang with the server, holders that learn nothing, and a lock
	 * that is entered twice after the server woke and executed what had piled up.
	 */
	@Test
	void aPausedServer() throws Exception {
		LockHandle shortLease = holder("short", Duration.ofSeconds(3));
		LockHandle longLease = holder("long", Duration.ofSeconds(20));
		this.hours.workFor(Duration.ofSeconds(1));
		this.redis.pause();
		this.hours.workFor(Duration.ofMillis(4500));
		assertThat(shortLease.state()).isEqualTo(LockState.LOST);
		assertThat(longLease.state()).isNotEqualTo(LockState.LOST);
		this.redis.resume();
		this.hours.assertRecovers();
		Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> longLease.state() == LockState.HELD);
		assertThat(shortLease.state()).as("final").isEqualTo(LockState.LOST);
		assertThat(longLease.release()).isTrue();
		shortLease.close();
		this.hours.finish();
		assertThat(this.hours.first().events(LockLost.class, "short")).hasSize(1);
		assertThat(this.hours.first().events(LockUncertain.class, "short")).hasSize(1);
		this.hours.assertExclusive();
	}

	/**
	 * Catches the same for a server that answers some and delays others. The pause is
	 * longer than half of the lease, so that the holder becomes uncertain, and so short
	 * that the lease does not end however long ago (up to a third of it) it was renewed
	 * last.
	 */
	@Test
	void aServerThatPausesItsClients() throws Exception {
		LockHandle held = holder("held", Duration.ofSeconds(9));
		this.hours.workFor(Duration.ofSeconds(1));
		try (RedisProbe probe = new RedisProbe(this.redis.port())) {
			probe.ask("CLIENT", "PAUSE", "5000", "ALL");
		}
		this.hours.workFor(Duration.ofSeconds(5));
		this.hours.assertRecovers();
		Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> held.state() == LockState.HELD);
		assertThat(held.release()).isTrue();
		this.hours.finish();
		assertThat(this.hours.first().events(LockUncertain.class, "held")).hasSize(1);
		assertThat(this.hours.first().events(LockLost.class)).isEmpty();
		this.hours.assertExclusive();
	}

	/**
	 * Catches a client that gives up on NOSCRIPT: nobody may even notice.
	 */
	@Test
	@Tag("unnoticed")
	void aServerThatForgetsItsScripts() throws Exception {
		LockHandle held = holder("held", Duration.ofSeconds(6));
		try (RedisProbe probe = new RedisProbe(this.redis.port())) {
			for (int i = 0; i < 100; i++) {
				this.hours.workFor(Duration.ofMillis(50));
				probe.ask("SCRIPT", "FLUSH");
			}
		}
		assertThat(held.state()).isEqualTo(LockState.HELD);
		assertThat(held.release()).isTrue();
		this.hours.finish();
		assertThat(this.hours.failures()).isEmpty();
		assertThat(this.hours.first().events(LockUncertain.class)).isEmpty();
		this.hours.assertExclusive();
	}

	/**
	 * Catches a holder that is not told that its lock is gone, a renewal that brings the
	 * lock back, and tokens that begin again at one.
	 */
	@Test
	void aServerThatForgetsEverything() throws Exception {
		LockHandle held = holder("held", Duration.ofSeconds(3));
		this.hours.workFor(Duration.ofSeconds(1));
		try (RedisProbe probe = new RedisProbe(this.redis.port())) {
			for (int i = 0; i < 3; i++) {
				probe.ask("FLUSHALL");
				this.hours.workFor(Duration.ofMillis(500));
			}
		}
		assertTold(held, LockLost.Cause.TAKEN);
		this.hours.assertRecovers();
		this.hours.finish();
		this.hours.assertTokensGrow();
	}

	/**
	 * Catches a client that does not come back, and the same as above for data that went
	 * with the process.
	 */
	@Test
	void aServerThatIsKilledAndStartedAgainEmpty() throws Exception {
		LockHandle held = holder("held", Duration.ofSeconds(3));
		this.hours.workFor(Duration.ofSeconds(1));
		this.redis.kill();
		this.hours.workFor(Duration.ofMillis(700));
		assertThat(held.state()).isEqualTo(LockState.UNCERTAIN);
		this.redis.restart();
		this.hours.assertRecovers();
		assertTold(held, LockLost.Cause.TAKEN, LockLost.Cause.NOT_RENEWED);
		this.hours.finish();
		this.hours.assertTokensGrow();
	}

	private LockHandle holder(String name, Duration lease) throws InterruptedException {
		return this.hours.first().locks().acquire(LockSpec.of(name).withLeaseTime(lease));
	}

	private void assertTold(LockHandle held, LockLost.Cause... causes) {
		// the next renewal finds out, a third of the lease later at most, or the own
		// clock does
		Awaitility.await().atMost(Duration.ofSeconds(4)).until(() -> held.state() == LockState.LOST);
		LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
		assertThat(this.hours.first().events(LockLost.class, held.name())).singleElement()
			.extracting(LockLost::cause)
			.isIn((Object[]) causes);
		held.close();
	}

}
