package io.coordination.test;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.event.EventListener;

import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockKeyException;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.event.LockLost;
import io.coordination.test.shop.Reports;
import io.coordination.test.shop.Shop;
import io.coordination.test.shop.Stock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What a test can do to the locks of its application.
 */
@SpringBootTest(classes = { Shop.class, LockTestSupportTests.Losses.class })
@AutoConfigureCoordination
class LockTestSupportTests {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	@Autowired
	LockTestSupport locks;

	@Autowired
	LockRegistry registry;

	@Autowired
	Stock stock;

	@Autowired
	Reports reports;

	@Autowired
	Losses losses;

	@Test
	void lockHeldElsewhereIsBusyUntilItIsReleased() throws Exception {
		try (LockHandle elsewhere = this.locks.holdElsewhere("stock", 7L)) {
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> this.stock.deduct(7))
				.withMessageContaining("stock:7");
			this.stock.deduct(8);
			assertThat(elsewhere.names()).containsExactly("stock:7");
		}
		this.stock.deduct(7);
	}

	@Test
	void threadThatHoldsElsewhereIsNotInside() {
		this.locks.holdElsewhere("report");
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> this.reports.write("report", () -> {
		}));
	}

	@Test
	void whatTheApplicationHoldsCannotBeHeldElsewhere() throws Exception {
		this.reports.write("report", () -> assertThatExceptionOfType(LockNotAcquiredException.class)
			.isThrownBy(() -> this.locks.holdElsewhere("report")));
		this.locks.holdElsewhere("report");
	}

	@Test
	void severalLocksAreHeldElsewhere() {
		this.locks.holdElsewhere(LockSpec.ofAll("stock:1", "stock:2"));
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> this.stock.deduct(1));
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> this.stock.deduct(2));
	}

	@Test
	void nameAndKeyAreThoseOfTheAnnotation() {
		this.stock.order(Stock.Size.LARGE);
		this.locks.holdElsewhere("shop:order\\", Stock.Size.LARGE);
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> this.stock.order(Stock.Size.LARGE));
	}

	@Test
	void callThatLostItsLockFailsAtItsEnd() {
		assertThatExceptionOfType(LockLostException.class).isThrownBy(() -> this.stock.count(7, () -> {
			assertThat(this.locks.isHeld("stock", 7)).isTrue();
			assertThat(this.locks.loseAll()).containsExactly("stock:7");
			assertThat(this.locks.isHeld("stock", 7)).isFalse();
		}));
		this.stock.deduct(7);
	}

	@Test
	void lostLocksAreFreeForOthers() throws Exception {
		try (LockHandle one = this.registry.acquire("lost:1");
				LockHandle two = this.registry.acquire(LockSpec.of("lost:2").withRenewal(false))) {
			CompletableFuture<LockLost> told = new CompletableFuture<>();
			one.onLost(told::complete);
			assertThat(this.locks.loseAll()).containsExactly("lost:1", "lost:2");
			assertThat(List.of(one.state(), two.state())).containsOnly(LockState.LOST);
			LockHandle elsewhere = this.locks.holdElsewhere(LockSpec.ofAll("lost:1", "lost:2"));
			assertThat(told.get(10, TimeUnit.SECONDS).name()).isEqualTo("lost:1");
			await().atMost(PATIENCE).until(() -> this.losses.names.containsAll(List.of("lost:1", "lost:2")));
			assertThat(one.release()).isFalse();
			assertThat(elsewhere.verify().toCompletableFuture().get(10, TimeUnit.SECONDS)).isTrue();
		}
	}

	@Test
	void losesNothingWhenNothingIsHeldHere() {
		LockHandle elsewhere = this.locks.holdElsewhere("report");
		assertThat(this.locks.loseAll()).isEmpty();
		assertThat(elsewhere.state()).isEqualTo(LockState.HELD);
	}

	@Test
	void noLockWithoutTheStore() {
		try (LockTestSupport.StoreOutage outage = this.locks.storeDown()) {
			assertThatExceptionOfType(LockBackendException.class).isThrownBy(() -> this.stock.deduct(7))
				.withMessageContaining("storeDown()");
			assertThatExceptionOfType(LockBackendException.class).isThrownBy(() -> this.stock.deductLater(7));
			this.locks.holdElsewhere("stock", 7).close();
			outage.end();
			outage.end();
			this.stock.deduct(7);
		}
	}

	@Test
	void outagesOverlap() {
		LockTestSupport.StoreOutage first = this.locks.storeDown();
		try (LockTestSupport.StoreOutage second = this.locks.storeDown()) {
			first.end();
			assertThatExceptionOfType(LockBackendException.class).isThrownBy(() -> this.stock.deduct(7));
			second.end();
			this.stock.deduct(7);
		}
	}

	@Test
	void heldLockIsUncertainWhileTheStoreIsDown() throws Exception {
		try (LockHandle held = this.registry.acquire("report")) {
			LockTestSupport.StoreOutage outage = this.locks.storeDown();
			assertThat(held.state()).isEqualTo(LockState.UNCERTAIN);
			outage.end();
			assertThat(held.state()).isEqualTo(LockState.HELD);
		}
	}

	@Test
	void whatCouldNotBeReleasedIsFreeAfterTheOutage() throws Exception {
		LockHandle held = this.registry.acquire("report");
		LockTestSupport.StoreOutage outage = this.locks.storeDown();
		held.close();
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> this.locks.holdElsewhere("report"));
		outage.end();
		this.locks.holdElsewhere("report");
	}

	@Test
	void waiterIsSeenAndGetsWhatIsReleased() throws Exception {
		LockHandle elsewhere = this.locks.holdElsewhere("stock", 7);
		CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> this.stock.deductLater(7));
		this.locks.awaitWaiter("stock:7", PATIENCE);
		assertThat(waiting).isNotDone();
		elsewhere.release();
		assertThat(waiting.get(10, TimeUnit.SECONDS)).isPositive();
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> this.locks.awaitWaiter("stock:7", Duration.ZERO))
			.withMessageContaining("stock:7");
	}

	@Test
	void waiterThatGaveUpIsNotSeen() throws Exception {
		this.locks.holdElsewhere("report");
		CompletableFuture<LockHandle> waiting = this.registry.acquireAsync(LockSpec.of("report").withUnboundedWait())
			.toCompletableFuture();
		this.locks.awaitWaiter("report", PATIENCE);
		waiting.cancel(false);
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> this.locks.awaitWaiter("report", Duration.ZERO));
	}

	@Test
	void waiterGetsItsLockAfterAnOutage() throws Exception {
		LockHandle elsewhere = this.locks.holdElsewhere("stock", 7);
		CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> this.stock.deductLater(7));
		this.locks.awaitWaiter("stock:7", PATIENCE);
		try (LockTestSupport.StoreOutage outage = this.locks.storeDown()) {
			elsewhere.release();
			assertThat(waiting).isNotDone();
			outage.end();
		}
		assertThat(waiting.get(10, TimeUnit.SECONDS)).isPositive();
	}

	@Test
	void blankKeyIsRefused() {
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> this.locks.holdElsewhere("stock", " "));
	}

	@Test
	void assertionsSayWhatIsHeld() throws Exception {
		LockRegistryAssert locks = CoordinationAssertions.assertThat(this.registry);
		locks.holdsNothing().doesNotHold("report:1");
		try (LockHandle held = this.registry.acquire("report:1")) {
			locks.holds("report:1").doesNotHold("report:2");
			assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> locks.holds("report:1", "report:2"))
				.withMessage("Expected the locks [report:1, report:2] to be held, but [report:2] are not. "
						+ "Held are: [report:1]");
			assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> locks.doesNotHold("report:1"))
				.withMessage("Expected the lock 'report:1' not to be held. Held are: [report:1]");
			assertThatExceptionOfType(AssertionError.class).isThrownBy(locks::holdsNothing)
				.withMessage("Expected no lock to be held. Held are: [report:1]");
			this.locks.loseAll();
			locks.holdsNothing();
			assertThat(held.state()).isEqualTo(LockState.LOST);
		}
	}

	/**
	 * Hears of lost locks as an application does.
	 */
	@TestConfiguration(proxyBeanMethods = false)
	static class Losses {

		private final Set<String> names = ConcurrentHashMap.newKeySet();

		@EventListener
		void lost(LockLost event) {
			this.names.add(event.name());
		}

	}

}
