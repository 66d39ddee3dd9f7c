package io.coordination.faults;

import java.time.Duration;

import io.coordination.zookeeper.ZookeeperEnsemble;
import io.coordination.zookeeper.ZookeeperServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens when a server of an ensemble is killed while two processes contend, one
 * holds and the other waits for the same lock. Sessions outlive the server, so nobody
 * loses anything, and nobody gets in early.
 */
@Tag("load")
class ZookeeperEnsembleFaultTests {

	/** Half of it is longer than an election, also where the servers are slow. */
	private static final Duration SESSION = Duration.ofSeconds(50);

	private static ZookeeperEnsemble ensemble;

	private static ZookeeperServer server;

	/** The port of a server that is to be started again. */
	private int killed;

	@BeforeAll
	static void startServers() {
		ensemble = ZookeeperEnsemble.start(1000, SESSION);
		server = ZookeeperServer.of(ensemble);
	}

	@AfterAll
	static void stopServers() {
		server.close();
	}

	@Test
	void killedLeaderCostsNobodyALockOrAPlaceInLine() throws Exception {
		try (ZookeeperPair pair = new ZookeeperPair(server, SESSION, server.address())) {
			int leader = ensemble.awaitLeader();
			surviveTheEndOf(pair, leader);
			restartKilled();
			pair.assertBothGoOn();
			pair.finish();
		}
	}

	@Test
	void killedServerOfAHolderCostsItNeitherItsLockNorItsToken() throws Exception {
		try (ZookeeperPair pair = new ZookeeperPair(server, SESSION, server.address())) {
			long token = pair.hold(pair.a());
			int connected = ensemble.serverOf(pair.session(pair.a()));
			assertThat(connected).isPositive();
			pair.release(pair.a());
			assertThat(surviveTheEndOf(pair, connected)).isGreaterThan(token);
			restartKilled();
			pair.assertBothGoOn();
			pair.finish();
		}
	}

	@AfterEach
	void restartKilled() throws Exception {
		if (this.killed != 0) {
			ensemble.restart(this.killed);
			this.killed = 0;
		}
	}

	private long surviveTheEndOf(ZookeeperPair pair, int port) throws Exception {
		pair.contend();
		long first = pair.hold(pair.a());
		pair.await(pair.b());
		long session = pair.session(pair.a());
		this.killed = port;
		ensemble.kill(port);
		ensemble.awaitLeader();
		pair.assertBothGoOn();
		assertThat(ensemble.serverOf(session)).isPositive().isNotEqualTo(port);
		assertThat(pair.a().isSilent()).as("still holds").isTrue();
		assertThat(pair.b().isSilent()).as("still waits").isTrue();
		pair.release(pair.a());
		long second = Long.parseLong(pair.b().expect("held", ZookeeperPair.PATIENCE));
		assertThat(second).isGreaterThan(first);
		pair.release(pair.b());
		return second;
	}

}
