package io.coordination.faults;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

import io.coordination.redis.RedisServer;
import io.coordination.zookeeper.ZookeeperServer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two processes that contend for locks in one ZooKeeper, with the witness of what they do
 * in a Redis that nobody spoils: for one lock as fast as they can, for another by order.
 */
final class ZookeeperPair implements AutoCloseable {

	/** The lock that is contended for. */
	static final String BUSY = "busy";

	/** The lock that is held by order. */
	static final String STEADY = "steady";

	static final Duration PATIENCE = Duration.ofSeconds(40);

	private final String namespace = "pair-" + UUID.randomUUID();

	private final RedisServer resource = RedisServer.start();

	private final Witness witness = new Witness(this.resource.port(), "test");

	private final ZookeeperServer server;

	private final ChildJvm a;

	private final ChildJvm b;

	ZookeeperPair(ZookeeperServer server, Duration session, String addressOfA) {
		this(server, session, addressOfA, "");
	}

	/**
	 * Starts the processes.
	 * @param apart what the namespace of the second one ends with: empty, unless they
	 * shall not exclude each other
	 */
	ZookeeperPair(ZookeeperServer server, Duration session, String addressOfA, String apart) {
		this.server = server;
		this.a = worker(addressOfA, session, this.namespace);
		this.b = worker(server.address(), session, this.namespace + apart);
		this.a.expect("ready", PATIENCE);
		this.b.expect("ready", PATIENCE);
	}

	private ChildJvm worker(String address, Duration session, String namespace) {
		return ChildJvm.start(ZookeeperWorker.class, address, Integer.toString(this.resource.port()),
				Long.toString(session.toMillis()), namespace);
	}

	ChildJvm a() {
		return this.a;
	}

	ChildJvm b() {
		return this.b;
	}

	String namespace() {
		return this.namespace;
	}

	Witness newWitness(String who) {
		return new Witness(this.resource.port(), who);
	}

	/**
	 * Has both contend until the end.
	 */
	void contend() {
		this.a.tell("contend " + BUSY);
		this.b.tell("contend " + BUSY);
		assertBothGoOn();
	}

	/**
	 * Both enter again, several times, without help.
	 */
	void assertBothGoOn() {
		goesOn(this.a);
		goesOn(this.b);
	}

	void goesOn(ChildJvm worker) {
		long before = visits(worker, BUSY);
		patiently().until(() -> visits(worker, BUSY) > before + 5);
	}

	/**
	 * Has a process get the other lock, and work under it.
	 * @return its token
	 */
	long hold(ChildJvm worker) {
		return Long.parseLong(worker.ask("hold " + STEADY, "held", PATIENCE));
	}

	/**
	 * Has a process wait for the other lock, in line.
	 */
	void await(ChildJvm worker) {
		worker.tell("hold " + STEADY);
		patiently().until(() -> !sessions(worker, STEADY).isEmpty());
	}

	/**
	 * A process is in the line of the other lock with one node.
	 * @return the session that the node ends with
	 */
	long session(ChildJvm worker) throws Exception {
		List<Long> sessions = sessions(worker, STEADY);
		assertThat(sessions).hasSize(1);
		return sessions.get(0);
	}

	List<Long> sessions(ChildJvm worker, String name) throws Exception {
		return this.server.sessions(path(name), worker.pid());
	}

	List<String> nodes(String name) throws Exception {
		return this.server.children(path(name));
	}

	private String path(String name) {
		return "/coordination/locks/" + this.namespace + "/" + name;
	}

	void release(ChildJvm worker) {
		assertThat(worker.ask("release", "released", PATIENCE)).isEqualTo("true");
	}

	/**
	 * Ends the work, and checks what holds whatever happened: every thread comes to its
	 * end, no node is left, no two were inside at once, no update was lost, and tokens
	 * grew.
	 */
	void finish() {
		for (ChildJvm worker : List.of(this.a, this.b)) {
			String calm = worker.ask("calm", "calm", PATIENCE);
			assertThat(calm).as(worker.output()).startsWith("0 ");
			System.out.println(worker + " failed " + calm.substring(2));
		}
		patiently().untilAsserted(() -> {
			assertThat(nodes(BUSY)).isEmpty();
			assertThat(nodes(STEADY)).isEmpty();
		});
		assertThat(violations()).isEmpty();
		for (String name : List.of(BUSY, STEADY)) {
			assertThat(this.witness.counted(name)).as(name).isEqualTo(visits(this.a, name) + visits(this.b, name));
		}
		assertThat(this.a.ask("close", "closed", PATIENCE)).isEqualTo("0 0 []");
		assertThat(this.b.ask("close", "closed", PATIENCE)).isEqualTo("0 0 []");
	}

	List<String> violations() {
		return this.witness.violations();
	}

	@Override
	public void close() {
		this.a.close();
		this.b.close();
		this.witness.close();
		this.resource.close();
	}

	static ConditionFactory patiently() {
		return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20)).atMost(PATIENCE);
	}

	private static long visits(ChildJvm worker, String name) {
		return Long.parseLong(worker.ask("visits " + name, "visits", PATIENCE));
	}

}
