package io.coordination.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Very many callers of one name, and very many names of one caller.
 */
class ManyWaitersTests extends EngineFixture {

	@Test
	void allWaitersOfOneNameAreToldWhenTheStoreCannotBeAsked() {
		LockHandle held = hold(this.locks);
		List<CompletableFuture<LockHandle>> waiters = new ArrayList<>();
		for (int i = 0; i < 5000; i++) {
			waiters.add(ask(this.locks, SPEC.withUnboundedWait().withLeaseTime(Duration.ofSeconds(20))));
		}
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		held.releaseAsync();
		Awaitility.await()
			.atMost(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(waiters.stream().filter((waiter) -> !waiter.isDone()).count())
				.as("waiters that were told nothing")
				.isZero());
	}

	@Test
	void theNameIsUsableAgainWhenTheStoreIsBack() {
		LockHandle held = hold(this.locks);
		List<CompletableFuture<LockHandle>> waiters = new ArrayList<>();
		for (int i = 0; i < 5000; i++) {
			waiters.add(ask(this.locks, SPEC.withLeaseTime(Duration.ofSeconds(20))));
		}
		this.backend.network = FlakyBackendFactory.Network.DOWN;
		held.releaseAsync();
		this.backend.network = FlakyBackendFactory.Network.GOOD;
		this.time.advance(Duration.ofMinutes(5));
		Awaitility.await()
			.atMost(Duration.ofSeconds(20))
			.until(() -> waiters.stream().allMatch(CompletableFuture::isDone));
		CompletableFuture<LockHandle> next = ask(this.locks, SPEC);
		this.time.advance(Duration.ofMinutes(5));
		assertThat(next).succeedsWithin(Duration.ofSeconds(5));
	}

	@Test
	void thousandsOfNamesAreAcquiredTogether() {
		String[] names = new String[3000];
		for (int i = 0; i < names.length; i++) {
			names[i] = "name:" + i;
		}
		CompletableFuture<LockHandle> all = ask(this.locks, LockSpec.ofAll(names));
		assertThat(all).succeedsWithin(Duration.ofSeconds(10));
	}

}
