package io.coordination.zookeeper;

import org.junit.jupiter.api.Test;

import io.coordination.backend.BackendException;
import io.coordination.backend.ContractClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An error, such as of a stack or a heap that is full, while a release is sent.
 */
class ErrorTests extends ZookeeperFixture {

	@Test
	void turnIsPassedOnAfterAnError() {
		ZookeeperProcess a = process();
		ZookeeperConnection connection = ((ZookeeperLockBackend) a.backend()).connection();
		BackendException failure = ContractClient
			.failure(connection.<Boolean>request(lockPath(), true, (session, question) -> {
				throw new StackOverflowError();
			}));
		assertThat(failure.mayHaveApplied()).isTrue();
		a.release(a.acquire(request()));
	}

}
