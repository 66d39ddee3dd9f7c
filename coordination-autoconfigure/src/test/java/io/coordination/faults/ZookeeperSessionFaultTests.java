package io.coordination.faults;

import java.time.Duration;

import io.coordination.zookeeper.ZookeeperProxy;
import io.coordination.zookeeper.ZookeeperServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens when the session of a holder or a waiter ends while two processes contend.
 * <p>
 * When the server ends a session although its client is there, or while its process
 * sleeps, the next one is let in before the holder can know: only the token protects from
 * what it was just about to do. So the holder rests meanwhile, and is asked to go on when
 * it can have heard. A process that is cut off has to know before the server may end its
 * session, and works on through it all.
 */
@Tag("load")
class ZookeeperSessionFaultTests {

	private static final Duration SESSION = Duration.ofSeconds(4);

	private static ZookeeperServer server;

	private ZookeeperProxy proxy;

	private ZookeeperPair pair;

	@BeforeAll
	static void startServer() {
		server = ZookeeperServer.startForShortSessions();
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@BeforeEach
	void startProcesses() {
		this.proxy = server.newProxy();
		this.pair = new ZookeeperPair(server, SESSION, this.proxy.address());
	}

	@AfterEach
	void stopProcesses() {
		this.pair.close();
		this.proxy.close();
	}

	@Test
	void holderWhoseSessionTheServerEndedDoesNothingMore() throws Exception {
		endSessionOfRestingHolder();
		assertThat(this.pair.a().ask("work", "stopped, told", ZookeeperPair.PATIENCE)).isEqualTo("true");
		this.pair.contend();
		this.pair.release(this.pair.b());
		this.pair.finish();
	}

	/**
	 * The negative control of the one above.
	 */
	@Test
	void holderThatDoesNotLookIsNoticedByTheWitness() throws Exception {
		endSessionOfRestingHolder();
		this.pair.a().ask("work unchecked", "stopped", ZookeeperPair.PATIENCE);
		assertThat(this.pair.violations()).anyMatch((violation) -> violation.contains("came back after token"));
	}

	private void endSessionOfRestingHolder() throws Exception {
		long first = this.pair.hold(this.pair.a());
		this.pair.a().ask("rest", "resting", ZookeeperPair.PATIENCE);
		this.pair.await(this.pair.b());
		server.expire(this.pair.session(this.pair.a()));
		assertThat(Long.parseLong(this.pair.b().expect("held", ZookeeperPair.PATIENCE))).isGreaterThan(first);
		ZookeeperPair.patiently().until(() -> {
			String state = this.pair.a().ask("state", "state", ZookeeperPair.PATIENCE);
			this.pair.a().expect("resting", ZookeeperPair.PATIENCE);
			return state.equals("LOST");
		});
	}

	@Test
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "There are no signals to pause a process with")
	void holderThatSleptThroughItsSessionDoesNothingMore() throws Exception {
		long first = this.pair.hold(this.pair.a());
		this.pair.a().ask("rest", "resting", ZookeeperPair.PATIENCE);
		this.pair.await(this.pair.b());
		this.pair.a().pause();
		this.pair.a().tell("work");
		assertThat(Long.parseLong(this.pair.b().expect("held", ZookeeperPair.PATIENCE))).isGreaterThan(first);
		this.pair.a().resume();
		assertThat(this.pair.a().expect("stopped, told", ZookeeperPair.PATIENCE)).isEqualTo("true");
		this.pair.contend();
		this.pair.release(this.pair.b());
		this.pair.finish();
	}

	@Test
	void waiterWhoseSessionTheServerEndedIsServedInItsNextOne() throws Exception {
		long first = this.pair.hold(this.pair.b());
		this.pair.await(this.pair.a());
		long before = this.pair.session(this.pair.a());
		server.expire(before);
		ZookeeperPair.patiently()
			.until(() -> this.pair.sessions(this.pair.a(), ZookeeperPair.STEADY),
					(sessions) -> sessions.size() == 1 && sessions.get(0) != before);
		this.pair.contend();
		assertThat(this.pair.a().isSilent()).as("still waits").isTrue();
		this.pair.release(this.pair.b());
		assertThat(Long.parseLong(this.pair.a().expect("held", ZookeeperPair.PATIENCE))).isGreaterThan(first);
		this.pair.release(this.pair.a());
		this.pair.finish();
	}

	@Test
	void partitionLongerThanTheSessionStopsTheHolderBeforeTheNextOneEnters() throws Exception {
		this.pair.contend();
		long first = this.pair.hold(this.pair.a());
		this.pair.await(this.pair.b());
		this.proxy.stall();
		assertThat(this.pair.a().expect("stopped, told", ZookeeperPair.PATIENCE)).isEqualTo("true");
		assertThat(this.pair.b().isSilent()).as("still waits").isTrue();
		long second = Long.parseLong(this.pair.b().expect("held", ZookeeperPair.PATIENCE));
		assertThat(second).isGreaterThan(first);
		this.pair.goesOn(this.pair.b());
		this.proxy.pass();
		this.pair.assertBothGoOn();
		this.pair.release(this.pair.b());
		assertThat(this.pair.hold(this.pair.a())).isGreaterThan(second);
		this.pair.release(this.pair.a());
		this.pair.finish();
	}

	/**
	 * The negative control of all that contend: the same work with locks that have
	 * nothing in common.
	 */
	@Test
	void processesThatDoNotExcludeEachOtherAreNoticedByTheWitness() {
		try (ZookeeperPair apart = new ZookeeperPair(server, SESSION, server.address(), "-apart")) {
			apart.contend();
			ZookeeperPair.patiently()
				.until(apart::violations,
						(all) -> all.stream().anyMatch((violation) -> violation.contains("was inside"))
								&& all.stream().anyMatch((violation) -> violation.contains("came after token")));
		}
	}

}
