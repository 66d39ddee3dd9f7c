package io.coordination.zookeeper;

import java.util.Collections;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.coordination.backend.BackendException;
import io.coordination.backend.ContractClient;
import io.coordination.backend.LockRequest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Locks whose nodes cannot be trusted to tell who has it: nobody is let in.
 */
class ClosedLineTests extends ZookeeperFixture {

	private final ZookeeperProcess a = process();

	@ParameterizedTest
	@ValueSource(strings = { "data", "v2-host@0000000001", "v1-host", "v1-host@1", "_c_x-lock-0000000001" })
	void nodeThatIsNotOursLetsNobodyInAndIsLeftAlone(String foreign) throws Exception {
		LockRequest holder = request();
		ZookeeperLease lease = this.a.acquire(holder);
		put(foreign);
		BackendException failure = ContractClient.failure(this.a.backend().tryAcquire(request()));
		assertThat(failure).hasMessage("Node '" + lockPath() + "/" + foreign + "' in ZooKeeper is not of this library, "
				+ "or of another version of it, and is left alone: remove it, or use another "
				+ "'coordination.zookeeper.root-path'");
		assertThat(failure.mayHaveApplied()).isFalse();
		ContractClient.failure(this.a.enqueue(request()).waiting().poll());
		assertThat(nodes()).containsExactlyInAnyOrder(foreign, LockPath.name(lease.path()));
		assertThat(this.a.holds(lease)).isTrue();
		assertThat(this.a.release(lease)).isTrue();
		ContractClient.failure(this.a.backend().tryAcquire(request()));
		assertThat(nodes()).containsExactly(foreign);
		server().look().delete(lockPath() + "/" + foreign, -1);
		this.a.acquire(request());
	}

	@ParameterizedTest
	@ValueSource(strings = { "v1-host@2147483647", "v1-host@-2147483648", "v1-host@2146435072" })
	void sequenceThatIsUsedUpLetsNobodyIn(String last) throws Exception {
		this.a.release(this.a.acquire(request()));
		put(last);
		BackendException failure = ContractClient.failure(this.a.backend().tryAcquire(request()));
		assertThat(failure).hasMessageStartingWith("The sequence numbers below '" + lockPath() + "'")
			.hasMessageContaining("'invoice:42'");
		assertThat(failure.mayHaveApplied()).isFalse();
		assertThat(nodes()).containsExactly(last);
	}

	@Test
	void waiterIsNotLetInBesideANodeThatIsNotOurs() throws Exception {
		ZookeeperLease first = this.a.acquire(request());
		ZookeeperProcess.Place second = this.a.enqueue(request());
		second.pollInVain();
		ZookeeperProcess.Place third = this.a.enqueue(request());
		third.pollInVain();
		put("data");
		// The third reads the line again, and leaves it
		assertThat(this.a.withdraw(second.waiting().request())).isFalse();
		patiently().until(() -> nodes().size() == 2);
		assertThat(this.a.release(first)).isTrue();
		ContractClient.failure(third.waiting().poll());
		assertThat(third.isPushed()).isFalse();
		assertThat(nodes()).containsExactly("data");
	}

	@AfterEach
	void removeNodes() throws Exception {
		for (String node : nodes()) {
			server().look().delete(lockPath() + "/" + node, -1);
		}
	}

	private void put(String node) throws Exception {
		server().look()
			.create(lockPath() + "/" + node, new byte[0],
					Collections.singletonList(new ACL(31, new Id("world", "anyone"))), CreateMode.PERSISTENT);
	}

}
