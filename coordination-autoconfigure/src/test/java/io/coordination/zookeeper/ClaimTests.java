package io.coordination.zookeeper;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.coordination.backend.Attempt;
import io.coordination.backend.ContractClient;
import io.coordination.backend.LockRequest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Claim}: what the order of answers and news makes of one, without the
 * turns and the times that the backend sees to. The requests go over a counted wire.
 */
class ClaimTests extends ZookeeperFixture {

	private final ZookeeperWire wire = closing(new ZookeeperWire(server().port(), Duration.ZERO));

	private final ZookeeperProcess process = closing(
			new ZookeeperProcess(ZookeeperLockBackendFactory.of(this.wire.address(), null, SHORT)));

	private final ZookeeperProcess others = undisturbed();

	private final BlockingQueue<ZookeeperLease> pushes = new LinkedBlockingQueue<>();

	private final LockRequest request = request();

	private final Watches watches = new Watches();

	private final Claim claim = new Claim(this.request, LockPath.of(ROOT, key()), this.watches,
			new KnownPaths(System::nanoTime));

	private ZookeeperSession session;

	@BeforeEach
	void connect() {
		this.session = this.process.session();
		this.claim.servedBy((ZookeeperPlace) this.process.backend()
			.enqueue(this.request, (lease, duration) -> this.pushes.add((ZookeeperLease) lease)));
		this.others.release(this.others.acquire(request()));
	}

	@Test
	void pollingAgainIsAWriteAndARead() throws Exception {
		ZookeeperLease held = this.others.acquire(request());
		assertThat(waitInVain().revision()).isEqualTo(held.revision());
		this.wire.reset();
		assertThat(waitInVain().revision()).isEqualTo(held.revision());
		assertThat(this.wire.byKind()).isEqualTo(Map.of("multi", 1, "getChildren", 1));
	}

	@Test
	void onlyTheNodeOfTheHolderHasARevisionToTell() throws Exception {
		ZookeeperLease held = this.others.acquire(request());
		this.others.enqueue(request()).pollInVain();
		assertThat(waitInVain().revision()).isZero();
		assertThat(waitInVain()).isEqualTo(new Attempt.Busy(0, null, held.owner().value()));
	}

	@Test
	void pollThatFindsTheNodeBeforeAloneSparesTheReadWhenItGoes() throws Exception {
		ZookeeperLease held = this.others.acquire(request());
		ZookeeperProcess.Place before = this.others.enqueue(request());
		before.pollInVain();
		waitInVain();
		assertThat(this.others.release(held)).isTrue();
		ZookeeperLease next = before.pushed();
		waitInVain();
		this.wire.reset();
		assertThat(this.others.release(next)).isTrue();
		assertThat(pushed().owner()).isEqualTo(this.request.owner());
		assertThat(this.wire.byKind()).isEmpty();
		assertThat(this.claim.isGranted()).isTrue();
	}

	@Test
	void newsOfAnotherNodeGrantsNothing() throws Exception {
		this.others.acquire(request());
		waitInVain();
		this.claim.predecessorGone(lockPath() + "/v1-another@0000000001");
		assertThat(this.pushes).isEmpty();
		assertThat(this.claim.isGranted()).isFalse();
	}

	@Test
	void answerThatComesAfterTheOwnerGaveUpGrantsNothing() throws Exception {
		ask(false);
		CompletionStage<Attempt> again = this.claim.ask(this.session, false, new Pending<>());
		CompletionStage<Boolean> withdrawal = this.claim.withdraw(this.session);
		assertThat(ContractClient.answer(again)).isInstanceOf(Attempt.Busy.class);
		assertThat(ContractClient.answer(withdrawal)).isTrue();
		assertThat(this.claim.isGranted()).isFalse();
		assertThat(this.claim.isEmpty()).isTrue();
		assertThat(nodes()).isEmpty();
	}

	@Test
	void watchThatIsConfirmedAfterTheOwnerGaveUpGrantsNothing() throws Exception {
		ZookeeperLease held = this.others.acquire(request());
		CountDownLatch reached = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		CompletionStage<Attempt> attempt = this.claim.ask(this.session, true, new Pending<>());
		// Keeps the answers behind that to the line, which is the last one before the
		// watch
		this.session.zooKeeper().exists("/", false, (code, path, context, stat) -> {
			reached.countDown();
			awaitUninterruptibly(goOn);
		}, null);
		assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();
		assertThat(this.watches.size()).isOne();
		CompletionStage<Boolean> withdrawal = this.claim.withdraw(this.session);
		goOn.countDown();
		assertThat(ContractClient.answer(withdrawal)).isFalse();
		assertThat(ContractClient.answer(attempt)).isInstanceOf(Attempt.Busy.class);
		assertThat(this.watches.size()).isZero();
		this.claim.predecessorGone(held.path());
		assertThat(this.pushes).isEmpty();
		assertThat(this.claim.isGranted()).isFalse();
	}

	@Test
	void changeOfTheNodeBeforeLetsNobodyIn() throws Exception {
		ZookeeperLease held = this.others.acquire(request());
		waitInVain();
		server().look().setData(held.path(), new byte[] { 1 }, -1);
		// News of it comes before this is answered
		waitInVain();
		assertThat(this.pushes).isEmpty();
		assertThat(this.claim.isGranted()).isFalse();
	}

	@Test
	void ownerWhoseNodeSomebodyRemovedIsNotLetInByTheNewsThatItWaitsFor() throws Exception {
		ZookeeperLease held = this.others.acquire(request());
		ZookeeperProcess.Place before = this.others.enqueue(request());
		before.pollInVain();
		waitInVain();
		for (String node : nodes()) {
			if (NodeName.parse(node).isOf(this.request.owner())) {
				server().look().delete(lockPath() + "/" + node, -1);
			}
		}
		assertThat(this.others.release(held)).isTrue();
		assertThat(this.others.release(before.pushed())).isTrue();
		patiently().until(this.claim::isEmpty);
		assertThat(this.pushes).isEmpty();
	}

	@Test
	void holderWhoseNodeSomebodyRemovedIsAWaiterAgain() throws Exception {
		ZookeeperLease lease = ask(false);
		assertThat(this.claim.isGranted()).isTrue();
		server().look().delete(lease.path(), -1);
		ZookeeperLease held = this.others.acquire(request());
		waitInVain();
		assertThat(this.claim.isGranted()).isFalse();
		assertThat(nodes()).as("a node for somebody who may be inside").hasSize(1);
		waitInVain();
		assertThat(this.others.release(held)).isTrue();
		assertThat(pushed().revision()).isGreaterThan(held.revision());
	}

	@Test
	void nodeOfAnotherSessionThanWasAskedIsRemoved() throws Exception {
		ZookeeperSession wrong = new ZookeeperSession(this.session.zooKeeper(), this.session.id() + 1,
				this.session.acl());
		ContractClient.failure(this.claim.ask(wrong, false, new Pending<>()));
		patiently().until(() -> nodes().isEmpty());
		assertThat(this.claim.isGranted()).isFalse();
	}

	@Test
	void failureOfAPollLeavesTheNodeOfWhoIsInside() throws Exception {
		ZookeeperLease held = this.others.acquire(request());
		waitInVain();
		assertThat(this.others.release(held)).isTrue();
		ZookeeperLease lease = pushed();
		server().look().create(lockPath() + "/data", new byte[0], this.session.acl(), CreateMode.PERSISTENT);
		try {
			ContractClient.failure(this.claim.ask(this.session, true, new Pending<>()));
			assertThat(this.process.holds(lease)).isTrue();
			assertThat(this.claim.isGranted()).isTrue();
		}
		finally {
			server().look().delete(lockPath() + "/data", -1);
		}
	}

	@Test
	void watchThatCouldNotBeSetIsSetByTheNextPoll() throws Exception {
		ZookeeperLease held = this.others.acquire(request());
		this.wire.breakAt("getData");
		ContractClient.failure(this.claim.ask(this.session, true, new Pending<>()));
		assertThat(this.watches.size()).isZero();
		awaitConnection();
		waitInVain();
		assertThat(nodes()).hasSize(2);
		assertThat(this.others.release(held)).isTrue();
		assertThat(pushed().revision()).isGreaterThan(held.revision());
	}

	@Test
	void pollWithoutAnAnswerKeepsThePlace() throws Exception {
		this.others.acquire(request());
		waitInVain();
		this.others.enqueue(request()).pollInVain();
		List<String> before = nodes();
		this.wire.breakAt("getChildren");
		assertThat(ContractClient.failure(this.claim.ask(this.session, true, new Pending<>())).mayHaveApplied())
			.isTrue();
		awaitConnection();
		this.wire.reset();
		waitInVain();
		assertThat(this.wire.byKind()).isEqualTo(Map.of("multi", 1, "getChildren", 1));
		assertThat(nodes()).containsExactlyInAnyOrderElementsOf(before);
	}

	@Test
	void nodeThatCouldNotBeDeletedIsFoundAgain() throws Exception {
		ZookeeperLease held = this.others.acquire(request());
		this.wire.breakAt("delete");
		assertThat(ContractClient.failure(this.claim.ask(this.session, false, new Pending<>())).mayHaveApplied())
			.isTrue();
		assertThat(this.claim.isEmpty()).isFalse();
		List<String> before = nodes();
		assertThat(before).hasSize(2);
		assertThat(this.others.release(held)).isTrue();
		awaitConnection();
		assertThat(before).contains(LockPath.name(ask(false).path()));
		assertThat(nodes()).hasSize(1);
	}

	@Test
	void nodeWhoseWithdrawalFailedIsFoundAgain() throws Exception {
		ZookeeperLease lease = ask(false);
		this.wire.breakAt("delete");
		assertThat(ContractClient.failure(this.claim.withdraw(this.session)).mayHaveApplied()).isTrue();
		assertThat(this.claim.isEmpty()).isFalse();
		awaitConnection();
		assertThat(ask(false)).isEqualTo(lease);
		assertThat(ContractClient.answer(this.claim.withdraw(this.session))).isTrue();
		assertThat(this.claim.isEmpty()).isTrue();
		assertThat(nodes()).isEmpty();
	}

	@Test
	void endOfANodeThatIsNotOursAnyMoreIsNone() throws Exception {
		ZookeeperLease lease = ask(false);
		this.claim.gone(lockPath() + "/v1-another@0000000001");
		assertThat(this.claim.isEmpty()).isFalse();
		this.claim.gone(lease.path());
		assertThat(this.claim.isEmpty()).isTrue();
		assertThat(this.claim.isGranted()).isFalse();
	}

	@Test
	void questionThatIsOverCreatesNothing() throws Exception {
		Pending<Attempt> over = new Pending<>();
		over.fail(ZookeeperFailures.notConnected());
		assertThat(ContractClient
			.failure(this.claim.withdraw(this.session).thenCompose((held) -> this.claim.ask(this.session, true, over))))
			.hasMessageStartingWith("ZooKeeper answered too late");
		assertThat(nodes()).isEmpty();
		assertThat(this.claim.isEmpty()).isTrue();
	}

	/**
	 * Waits until the connection that was broken is back.
	 */
	private void awaitConnection() {
		patiently().until(() -> this.process.reconnections() > 0);
		assertThat(this.process.session()).isEqualTo(this.session);
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private ZookeeperLease ask(boolean wait) {
		return ZookeeperProcess.lease(ContractClient.answer(this.claim.ask(this.session, wait, new Pending<>())));
	}

	private Attempt.Busy waitInVain() {
		Attempt attempt = ContractClient.answer(this.claim.ask(this.session, true, new Pending<>()));
		assertThat(attempt).isInstanceOf(Attempt.Busy.class);
		return (Attempt.Busy) attempt;
	}

	private ZookeeperLease pushed() throws InterruptedException {
		ZookeeperLease lease = this.pushes.poll(20, TimeUnit.SECONDS);
		assertThat(lease).as("push").isNotNull();
		return lease;
	}

}
