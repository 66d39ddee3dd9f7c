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

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens when the connection or the registry of one of two contending processes
 * goes away in the middle of an acquire.
 */
@Tag("load")
class ZookeeperConnectionFaultTests {

	private static final Duration SESSION = Duration.ofSeconds(16);

	private static final int TIMES = 6;

	private static ZookeeperServer server;

	private ZookeeperProxy proxy;

	private ZookeeperPair pair;

	@BeforeAll
	static void startServer() {
		server = ZookeeperServer.start();
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@BeforeEach
	void startProcesses() {
		this.proxy = server.newProxy();
		this.pair = new ZookeeperPair(server, SESSION, this.proxy.address());
		this.pair.contend();
	}

	@AfterEach
	void stopProcesses() {
		this.pair.close();
		this.proxy.close();
	}

	@Test
	void connectionThatIsCutBetweenCreationsAndTheirAnswersLeavesNoNode() throws Exception {
		long last = this.pair.hold(this.pair.b());
		for (int i = 0; i < TIMES; i++) {
			this.proxy.stallReplies();
			// Its node is there, and it does not know
			this.pair.await(this.pair.a());
			this.proxy.cut();
			this.proxy.pass();
			this.pair.assertBothGoOn();
			this.pair.release(this.pair.b());
			String answer = this.pair.a().expect("", ZookeeperPair.PATIENCE);
			if (answer.startsWith("held")) {
				this.pair.release(this.pair.a());
			}
			else {
				assertThat(answer).startsWith("failed Lock");
			}
			long next = this.pair.hold(this.pair.b());
			assertThat(next).isGreaterThan(last);
			last = next;
		}
		this.pair.release(this.pair.b());
		this.pair.finish();
	}

	@Test
	void registryThatClosesInTheMiddleOfAcquiresLeavesNoNode() throws Exception {
		long last = this.pair.hold(this.pair.b());
		for (int i = 0; i < TIMES; i++) {
			this.pair.await(this.pair.a());
			this.pair.a().tell("close");
			assertThat(this.pair.a().expect("failed", ZookeeperPair.PATIENCE))
				.isEqualTo("LockRegistryStoppedException");
			assertThat(this.pair.a().expect("closed", ZookeeperPair.PATIENCE)).isEqualTo("0 0 []");
			// Not only when the session would have ended by itself
			ZookeeperPair.patiently()
				.atMost(SESSION.dividedBy(2))
				.until(() -> this.pair.sessions(this.pair.a(), ZookeeperPair.STEADY).isEmpty()
						&& this.pair.sessions(this.pair.a(), ZookeeperPair.BUSY).isEmpty());
			this.pair.goesOn(this.pair.b());
			this.pair.a().ask("open", "open", ZookeeperPair.PATIENCE);
			this.pair.a().tell("contend " + ZookeeperPair.BUSY);
			this.pair.assertBothGoOn();
			this.pair.release(this.pair.b());
			assertThat(this.pair.hold(this.pair.a())).isGreaterThan(last);
			this.pair.release(this.pair.a());
			last = this.pair.hold(this.pair.b());
		}
		this.pair.release(this.pair.b());
		this.pair.finish();
	}

}
