package io.coordination.zookeeper;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.KeeperException;
import org.junit.jupiter.api.Test;

import io.coordination.backend.Attempt;
import io.coordination.backend.LockRequest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of locks when a session ends, at the server or for the client alone.
 */
class SessionTests extends ZookeeperFixture {

	private CuratorFramework client;

	@Test
	void lockOfASessionThatTheServerEndedIsLostAndFree() throws Exception {
		ZookeeperProcess a = process();
		ZookeeperLease lease = a.acquire(request());
		ZookeeperSession before = a.session();
		server().expire(before);
		a.awaitAnotherSession(before);
		assertThat(a.holds(lease)).isFalse();
		assertThat(a.release(lease)).isFalse();
		ZookeeperLease next = undisturbed().acquire(request());
		assertThat(next.revision()).isGreaterThan(lease.revision());
		assertThat(a.disconnections()).isPositive();
		patiently().until(() -> a.reconnections() > 0);
	}

	@Test
	void sessionThatIsNotKeptUpEndsAndItsLockPassesOn() throws Exception {
		ZookeeperProcess a = process();
		ZookeeperProcess b = undisturbed();
		ZookeeperLease lease = a.acquire(request());
		ZookeeperProcess.Place place = b.enqueue(request());
		place.pollInVain();
		server().proxy().stall();
		assertThat(place.pushed().revision()).isGreaterThan(lease.revision());
		server().proxy().pass();
		patiently().until(() -> a.reconnections() > 0);
		assertThat(a.holds(lease)).isFalse();
	}

	@Test
	void leaseOfASessionThatOnlyTheServerGoesOnWithIsLostToTheNextOne() throws Exception {
		ZookeeperProcess a = sharing();
		ZookeeperLease lease = a.acquire(request());
		loseSession(a);
		assertThat(nodes()).containsExactly(LockPath.name(lease.path()));
		assertThat(a.holds(lease)).isFalse();
	}

	@Test
	void nodeOfAnEarlierSessionIsRemovedAndNeverGranted() throws Exception {
		ZookeeperProcess a = sharing();
		LockRequest request = request();
		ZookeeperLease lease = a.acquire(request);
		loseSession(a);
		assertThat(nodes()).hasSize(1);
		ZookeeperLease next = a.acquire(request);
		assertThat(next.session()).isEqualTo(a.session().id()).isNotEqualTo(lease.session());
		assertThat(next.revision()).isGreaterThan(lease.revision());
		assertThat(nodes()).containsExactly(LockPath.name(next.path()));
		assertThat(server().stat(next.path()).getEphemeralOwner()).isEqualTo(next.session());
		assertThat(a.release(lease)).isFalse();
		assertThat(a.release(next)).isTrue();
		assertThat(nodes()).isEmpty();
	}

	@Test
	void nodeOfAnEarlierSessionThatStandsFirstLetsItsOwnerNotIn() throws Exception {
		ZookeeperProcess a = sharing();
		ZookeeperProcess b = undisturbed();
		ZookeeperLease held = b.acquire(request());
		ZookeeperProcess.Place place = a.enqueue(request());
		place.pollInVain();
		ZookeeperProcess.Place other = b.enqueue(request());
		other.pollInVain();
		loseSession(a);
		assertThat(b.release(held)).isTrue();
		// The old node stands first now, and its owner asks again
		assertThat(place.poll()).isInstanceOf(Attempt.Busy.class);
		assertThat(place.isPushed()).isFalse();
		ZookeeperLease lease = other.pushed();
		assertThat(b.release(lease)).isTrue();
		assertThat(place.pushed().session()).isEqualTo(a.session().id());
		assertThat(nodes()).hasSize(1);
	}

	@Test
	void waiterWhoseSessionEndedJoinsAgainWithOneNode() throws Exception {
		ZookeeperProcess a = process();
		ZookeeperProcess b = undisturbed();
		ZookeeperLease held = b.acquire(request());
		ZookeeperProcess.Place place = a.enqueue(request());
		place.pollInVain();
		ZookeeperSession before = a.session();
		server().expire(before);
		a.awaitAnotherSession(before);
		place.pollInVain();
		assertThat(nodes()).hasSize(2);
		assertThat(b.release(held)).isTrue();
		ZookeeperLease lease = place.pushed();
		assertThat(lease.session()).isEqualTo(a.session().id());
		assertThat(a.holds(lease)).isTrue();
	}

	@Test
	void newsOfTheNodeBeforeDoesNotGrantANodeThatIsNotBehindIt() throws Exception {
		ZookeeperProcess a = sharing();
		ZookeeperProcess b = undisturbed();
		ZookeeperLease held = b.acquire(request());
		ZookeeperProcess.Place place = a.enqueue(request());
		place.pollInVain();
		// Another waiter of the same process keeps the watch in the next session
		ZookeeperProcess.Place second = b.enqueue(request());
		second.pollInVain();
		loseSession(a);
		ZookeeperProcess.Place third = a.enqueue(request());
		third.pollInVain();
		place.pollInVain();
		assertThat(b.release(held)).isTrue();
		second.pushed();
		assertThat(place.isPushed()).isFalse();
		assertThat(third.isPushed()).isFalse();
	}

	@Test
	void newsToALaterSessionDoesNotGrantANodeOfAnEarlierOne() throws Exception {
		ZookeeperProcess a = process();
		ZookeeperProcess b = undisturbed();
		ZookeeperLease held = b.acquire(request());
		ZookeeperProcess.Place place = a.enqueue(request());
		place.pollInVain();
		ZookeeperSession before = a.session();
		server().expire(before);
		a.awaitAnotherSession(before);
		// Another waiter of the same process has the next session watch the same node
		ZookeeperProcess.Place other = a.enqueue(request());
		other.pollInVain();
		assertThat(b.release(held)).isTrue();
		assertThat(other.pushed().session()).isEqualTo(a.session().id());
		assertThat(place.isPushed()).isFalse();
	}

	@Test
	void closeLeavesWhatIsHeldUntilTheSessionEnds() throws Exception {
		ZookeeperProcess a = process();
		ZookeeperProcess b = undisturbed();
		ZookeeperLease lease = a.acquire(request());
		ZookeeperProcess.Place place = b.enqueue(request());
		place.pollInVain();
		a.close();
		place.pollInVain();
		assertThat(server().stat(lease.path()).getEphemeralOwner()).isEqualTo(lease.session());
		assertThat(place.isPushed()).isFalse();
		assertThat(place.pushed().revision()).isGreaterThan(lease.revision());
	}

	@Test
	void closeEndsTheSessionWhenNothingIsHeld() throws Exception {
		ZookeeperProcess a = process();
		ZookeeperProcess b = undisturbed();
		ZookeeperLease held = b.acquire(request());
		assertThat(a.release(a.acquire(request(key("other"))))).isTrue();
		a.enqueue(request()).pollInVain();
		a.close();
		assertThat(nodes()).containsExactly(LockPath.name(held.path()));
	}

	@Test
	void leaseIsReliedOnForLessThanTheSession() throws Exception {
		ZookeeperProcess a = process();
		ZookeeperLease lease = a.acquire(request());
		assertThat(lease.validity()).isEqualTo(SHORT.sessionTimeout().dividedBy(2));
	}

	@Test
	void nodeThatSomebodyRemovedIsLost() throws Exception {
		ZookeeperProcess a = process();
		LockRequest request = request();
		ZookeeperLease lease = a.acquire(request);
		server().look().delete(lease.path(), -1);
		assertThat(a.holds(lease)).isFalse();
		assertThat(a.acquire(request).revision()).isGreaterThan(lease.revision());
	}

	@Test
	void containersThatTheServerRemovedAreMadeAgain() throws Exception {
		ZookeeperProcess a = process();
		assertThat(a.release(a.acquire(request()))).isTrue();
		removeContainers();
		ZookeeperLease lease = a.acquire(request());
		assertThat(a.release(lease)).isTrue();
		assertThat(a.withdraw(request())).isFalse();
		removeContainers();
		assertThat(a.withdraw(request())).isFalse();
		assertThat(a.release(lease)).isFalse();
		assertThat(a.holds(lease)).isFalse();
		ZookeeperProcess.Place place = a.enqueue(request());
		assertThat(ZookeeperProcess.lease(place.poll()).revision()).isGreaterThan(lease.revision());
	}

	/**
	 * A process over a client that can be made to lose its session.
	 */
	private ZookeeperProcess sharing() {
		this.client = closing(CuratorFrameworkFactory.newClient(server().address(), 4000, 4000, new RetryOneTime(100)));
		this.client.start();
		ZookeeperProcess process = closing(new ZookeeperProcess(ZookeeperLockBackendFactory.of(this.client, SHORT)));
		process.session();
		return process;
	}

	private void loseSession(ZookeeperProcess process) throws Exception {
		process.awaitAnotherSession(loseSession(this.client));
	}

	private void removeContainers() throws Exception {
		for (String container : LockPath.of(ROOT, key())
			.containers()
			.stream()
			.sorted((x, y) -> y.length() - x.length())
			.toList()) {
			try {
				server().look().delete(container, -1);
			}
			catch (KeeperException.NotEmptyException ex) {
				// other tests have locks
			}
		}
	}

}
