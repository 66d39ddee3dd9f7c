package io.coordination.test.shop;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.test.AutoConfigureCoordination;
import io.coordination.test.CoordinationAssertions;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The example of the documentation, as an application would write it.
 */
// tag::example[]
@SpringBootTest
@AutoConfigureCoordination
class StockExampleTests {

	@Autowired
	Stock stock;

	@Autowired
	LockRegistry registry;

	@Autowired
	LockTestSupport locks;

	@Test
	void refusesWhileAnotherInstanceDeducts() {
		this.locks.holdElsewhere("stock", 42);
		assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> this.stock.deduct(42));
	}

	@Test
	void deductsWhenTheOtherInstanceIsDone() throws Exception {
		try (LockHandle other = this.locks.holdElsewhere("stock", 42)) {
			int before = this.stock.deducted();
			CompletableFuture<Integer> deducted = CompletableFuture.supplyAsync(() -> this.stock.deductLater(42));
			this.locks.awaitWaiter("stock:42", Duration.ofSeconds(10));
			assertThat(this.stock.deducted()).isEqualTo(before);
			other.release();
			assertThat(deducted.get(10, TimeUnit.SECONDS)).isEqualTo(before + 1);
		}
	}

	@Test
	void tellsWhenItLostTheLockWhileItCounted() {
		assertThatExceptionOfType(LockLostException.class)
			.isThrownBy(() -> this.stock.count(42, () -> this.locks.loseAll()));
	}

	@Test
	void doesNotDeductWithoutTheStore() {
		try (LockTestSupport.StoreOutage outage = this.locks.storeDown()) {
			assertThatExceptionOfType(LockBackendException.class).isThrownBy(() -> this.stock.deduct(42));
			outage.end();
			this.stock.deduct(42);
		}
	}

	@Test
	void holdsTheLockWhileItCounts() {
		this.stock.count(42, () -> CoordinationAssertions.assertThat(this.registry).holds("stock:42"));
		CoordinationAssertions.assertThat(this.registry).holdsNothing();
	}

}
// end::example[]
