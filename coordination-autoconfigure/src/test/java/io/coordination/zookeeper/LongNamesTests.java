package io.coordination.zookeeper;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.coordination.backend.ContractClient;
import io.coordination.backend.Renewal;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many locks of long names, which are renewed together.
 */
class LongNamesTests extends ZookeeperFixture {

	@ParameterizedTest
	@ValueSource(ints = { 20, 500 })
	void manyLocksOfLongNamesAreRenewedWithoutTooLargeARequest(int length) {
		ZookeeperProcess process = process();
		List<ZookeeperLease> leases = new ArrayList<>();
		for (int i = 0; i < 280; i++) {
			leases.add(process.acquire(request(key("\u9501".repeat(length) + i))));
		}
		Renewal renewal = ContractClient.answer(process.backend().renew(leases, Duration.ofSeconds(1)));
		assertThat(renewal.kept()).hasSize(280);
		assertThat(process.disconnections()).isZero();
	}

}
