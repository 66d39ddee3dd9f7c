package io.coordination.zookeeper;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.apache.zookeeper.KeeperException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.coordination.backend.BackendException;
import io.coordination.backend.ContractClient;
import io.coordination.zookeeper.ZookeeperLockSettings.Access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Who may use the nodes of locks.
 */
class AccessTests extends ZookeeperFixture {

	private static final ZookeeperLockSettings GUARDED = new ZookeeperLockSettings(Duration.ofSeconds(4),
			Duration.ofSeconds(10), Duration.ofSeconds(1), "/guarded", Access.CREATOR);

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = "locks:wrong")
	void othersHaveNoAccessToLocksOfTheirCreator(String digest) {
		ZookeeperProcess a = process("locks:s3cret");
		ZookeeperLease lease = a.acquire(request());
		ZookeeperProcess b = process(digest);
		BackendException failure = ContractClient.failure(b.backend().tryAcquire(request()));
		assertThat(failure).hasMessageStartingWith("ZooKeeper does not permit it at '/guarded")
			.hasMessageContaining("'coordination.zookeeper.username', '.password' and '.acl'")
			.hasMessageNotContaining("wrong");
		assertThat(failure.mayHaveApplied()).isFalse();
		assertThat(ContractClient.failure(b.backend().release(lease, Duration.ZERO)).mayHaveApplied()).isFalse();
		assertThat(a.holds(lease)).isTrue();
		assertThat(a.release(lease)).isTrue();
	}

	@Test
	void thoseOfTheSameNameShareLocks() throws Exception {
		ZookeeperProcess a = process("locks:s3cret");
		ZookeeperProcess b = process("locks:s3cret");
		ZookeeperLease lease = a.acquire(request());
		ZookeeperProcess.Place place = b.enqueue(request());
		place.pollInVain();
		assertThat(a.release(lease)).isTrue();
		assertThat(b.release(place.pushed())).isTrue();
		assertThatExceptionOfType(KeeperException.NoAuthException.class)
			.isThrownBy(() -> server().look().getChildren("/guarded", false));
	}

	private ZookeeperProcess process(String digest) {
		byte[] bytes = (digest != null) ? digest.getBytes(StandardCharsets.UTF_8) : null;
		return closing(new ZookeeperProcess(ZookeeperLockBackendFactory.of(server().address(), bytes, GUARDED)));
	}

}
