package io.coordination.sample;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two instances in processes of their own, one database, one store of locks.
 */
class TwoInstancesTests {

	private static final Duration LEASE = Duration.ofSeconds(2);

	@TempDir(cleanup = CleanupMode.ON_SUCCESS)
	Path directory;

	@ParameterizedTest
	@ValueSource(strings = { "redis", "zookeeper" })
	void rushSellsEverySeatOnceWithTheLockAndMoreThanThereAreWithout(String backend) {
		try (TwoShops shops = new TwoShops(this.directory, backend)) {
			ShopClient other = shops.other().client();
			ShopState state = shops.one().client().rush(200, 100);

			ShopState.Outcome locked = state.locked();
			assertThat(locked.sold()).isEqualTo(100);
			assertThat(locked.oversold()).isZero();
			assertThat(locked.soldTwice()).isZero();
			assertThat(locked.counts().busy()).isZero();
			assertThat(locked.refused()).isEqualTo(100);
			assertThat(tokens(locked)).doesNotHaveDuplicates().isSorted().first().isNotNull();
			assertThat(state.unlocked().sold()).isGreaterThan(100);
			assertThat(state.unlocked().soldTwice()).isPositive();
			assertThat(other.state().locked()).as("seen from the other instance")
				.extracting(ShopState.Outcome::tickets)
				.isEqualTo(locked.tickets());

			// More seats than one of them has buyers
			assertThat(shops.one().client().rush(200, 150).locked().tickets()).hasSize(150)
				.extracting(Ticket::instance)
				.contains(shops.one().client().name(), other.name());
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "redis", "zookeeper" })
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "kill -9 needs a Unix")
	void nextBuyerEntersAfterTheLeaseOfAKilledHolderAndNotBefore(String backend) {
		try (TwoShops shops = new TwoShops(this.directory, backend,
				"--coordination.lock.lease-time=" + LEASE.toMillis() + "ms")) {
			ShopProcess killed = shops.withoutDatabase();
			ShopClient survivor = shops.withDatabase().client();
			String holder = killed.client().name();
			slowBuyer(survivor, holder);
			await().until(() -> heldBy(survivor, holder).isPresent());
			slowBuyer(survivor, survivor.name());

			long askedAt = System.nanoTime();
			LocalState.Holding held = await().until(() -> heldBy(survivor, holder), Optional::isPresent).orElseThrow();
			killed.signal("KILL");
			LocalState.Holding next = await().until(() -> heldBy(survivor, survivor.name()), Optional::isPresent)
				.orElseThrow();
			long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - askedAt);

			assertThat(waited).isGreaterThanOrEqualTo(held.remainingMillis());
			assertThat(token(next)).isGreaterThan(token(held));
			assertThat(survivor.state().instances()).filteredOn((instance) -> instance.name().equals(holder))
				.extracting(ShopState.InstanceState::condition)
				.containsExactly(ShopState.Condition.DEAD);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "redis", "zookeeper" })
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "kill -STOP needs a Unix")
	void holderStoppedForLongerThanItsLeaseSellsNothing(String backend) {
		try (TwoShops shops = new TwoShops(this.directory, backend,
				"--coordination.lock.lease-time=" + LEASE.toMillis() + "ms", "--sample.slow-think-time=8s")) {
			ShopProcess stopped = shops.withoutDatabase();
			ShopClient other = shops.withDatabase().client();
			String holder = stopped.client().name();
			slowBuyer(other, holder);
			LocalState.Holding held = await().until(() -> heldBy(other, holder), Optional::isPresent).orElseThrow();
			stopped.signal("STOP");
			try {
				slowBuyer(other, other.name());
				await().until(() -> heldBy(other, other.name()).isPresent());
				assertThat(other.state().instances()).filteredOn((instance) -> instance.name().equals(holder))
					.extracting(ShopState.InstanceState::condition)
					.containsExactly(ShopState.Condition.STOPPED);
			}
			finally {
				stopped.signal("CONT");
			}
			// It comes back while the other, who has read already, still thinks
			ShopState state = await().until(other::state,
					(seen) -> seen.slow().counts().failed() == 1 && seen.slow().counts().open() == 0);

			assertThat(state.slow().tickets()).extracting(Ticket::instance).containsExactly(other.name());
			assertThat(tokens(state.slow())).allMatch((sold) -> sold > token(held));
			assertThat(state.news())
				.filteredOn((item) -> item.kind() == News.Kind.BAD && item.instance().equals(holder))
				.isNotEmpty();
		}
	}

	private static void slowBuyer(ShopClient client, String instance) {
		assertThat(client.post("slow-buyer", "{\"instance\":\"" + instance + "\"}").statusCode()).isEqualTo(200);
	}

	private static Optional<LocalState.Holding> heldBy(ShopClient client, String instance) {
		return client.state()
			.held()
			.stream()
			.filter((held) -> held.instance().equals(instance) && held.lock().startsWith("concert:"))
			.findFirst();
	}

	private static long token(LocalState.Holding held) {
		return Long.parseLong(held.token());
	}

	private static List<Long> tokens(ShopState.Outcome outcome) {
		return outcome.tickets().stream().map((ticket) -> Long.valueOf(ticket.token())).toList();
	}

	private static ConditionFactory await() {
		return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
	}

}
