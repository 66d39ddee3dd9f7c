package io.coordination.observation;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockSpec;
import io.coordination.lock.LockState;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.event.LockAcquired;
import io.coordination.lock.event.LockLost;
import io.coordination.lock.event.LockRefused;
import io.coordination.lock.event.LockReleased;
import io.coordination.lock.event.LockUncertain;
import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The meters of two registries on one store in memory.
 */
@ExtendWith(OutputCaptureExtension.class)
class LockMetersTests {

	private static final LockSpec SPEC = LockSpec.of("order:42").withLabel("order").withoutWaiting();

	private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

	private final LockMeters listener = new LockMeters(this.meters);

	private final MemoryLockBackendFactory store = new MemoryLockBackendFactory();

	private final ManagedLockRegistry locks = builder().listener(this.listener).build();

	private final ManagedLockRegistry others = builder().build();

	private LockRegistryBuilder builder() {
		return LockRegistryBuilder.of(this.store).gracePeriod(Duration.ZERO);
	}

	@AfterEach
	void close() {
		this.locks.close();
		this.others.close();
	}

	@Test
	void anAcquisitionIsTimed() throws InterruptedException {
		LockHandle other = this.others.acquire(SPEC);
		CompletableFuture<LockHandle> waiting = this.locks.acquireAsync(SPEC.withUnboundedWait()).toCompletableFuture();
		assertThat(acquired("order", "acquired").count()).isZero();
		other.close();
		waiting.join().close();
		assertThat(acquired("order", "acquired").count()).isOne();
		assertThat(acquired("order", "acquired").totalTime(TimeUnit.NANOSECONDS)).isPositive();
	}

	@Test
	void locksWithoutALabelAreCountedTogether() throws InterruptedException {
		this.locks.acquire("order:1").close();
		this.locks.acquire("stock:1").close();
		assertThat(acquired("none", "acquired").count()).isEqualTo(2);
		assertThat(held("none").count()).isEqualTo(2);
	}

	@Test
	void whatIsTimedIsWhatTheEngineTells() {
		this.listener.accept(new LockAcquired("order:42", "order", 7, Duration.ofSeconds(3), false));
		this.listener.accept(new LockReleased("order:42", "order", 7, Duration.ofSeconds(4)));
		this.listener.accept(new LockLost("order:42", "order", 8, LockLost.Cause.TAKEN, Duration.ofSeconds(5)));
		this.listener.accept(new LockUncertain("order:42", "order", 9, Duration.ofSeconds(6)));
		assertThat(acquired("order", "acquired").totalTime(TimeUnit.SECONDS)).isEqualTo(3);
		assertThat(held("order").totalTime(TimeUnit.SECONDS)).isEqualTo(9);
		assertThat(lost("taken")).isOne();
	}

	@Test
	void whatAThreadIsInsideOfIsNotAcquiredAgain() throws InterruptedException {
		this.locks.execute(SPEC, (outer) -> this.locks.execute(SPEC, (inner) -> null));
		assertThat(acquired("order", "acquired").count()).isOne();
		assertThat(held("order").count()).isOne();
	}

	@Test
	void aBusyLockIsCountedAsBusy() throws InterruptedException {
		LockHandle other = this.others.acquire(SPEC);
		assertThat(this.locks.tryAcquire(SPEC)).isEmpty();
		assertThat(this.locks.tryAcquire(SPEC.withWaitTime(Duration.ofMillis(20)))).isEmpty();
		other.close();
		assertThat(acquired("order", "busy").count()).isEqualTo(2);
		assertThat(acquired("order", "busy").max(TimeUnit.MILLISECONDS)).isGreaterThanOrEqualTo(20);
		assertThat(held("order").count()).as("held").isZero();
	}

	@Test
	void aWaitThatIsGivenUpIsCountedAsAbandoned() throws InterruptedException {
		LockHandle other = this.others.acquire(SPEC);
		this.locks.acquireAsync(SPEC.withUnboundedWait()).toCompletableFuture().cancel(true);
		other.close();
		assertThat(acquired("order", "abandoned").count()).isOne();
	}

	@Test
	void aWaitThatTheEndOfTheRegistryCutsShortIsCountedAsStopped() throws InterruptedException {
		LockHandle other = this.others.acquire(SPEC);
		this.locks.acquireAsync(SPEC.withUnboundedWait());
		this.locks.close();
		other.close();
		Awaitility.await().until(() -> acquired("order", "stopped").count() == 1);
		assertThat(acquired("order", "acquired").count()).isZero();
	}

	@ParameterizedTest
	@CsvSource({ "BUSY,busy", "BACKEND,failed", "UNKNOWN,unknown", "ABANDONED,abandoned", "STOPPED,stopped" })
	void eachReasonHasAnOutcome(LockRefused.Reason reason, String outcome) {
		this.listener.accept(new LockRefused("order:42", "order", reason, Duration.ofSeconds(3)));
		assertThat(acquired("order", outcome).totalTime(TimeUnit.SECONDS)).isEqualTo(3);
	}

	@Test
	void eachReasonAndNothingElseIsAnOutcome() {
		for (LockRefused.Reason reason : LockRefused.Reason.values()) {
			this.listener.accept(new LockRefused("order:42", "order", reason, Duration.ofSeconds(3)));
		}
		assertThat(this.meters.find("coordination.lock.acquire").timers())
			.hasSize(LockMeter.Outcome.values().length - 1);
	}

	@Test
	void aHoldIsTimed() throws InterruptedException {
		LockHandle handle = this.locks.acquire(SPEC);
		assertThat(held("order").count()).isZero();
		handle.close();
		assertThat(held("order").count()).isOne();
		assertThat(held("order").totalTime(TimeUnit.NANOSECONDS)).isPositive();
	}

	@Test
	void aLossIsCountedAndEndsTheHold() throws InterruptedException {
		LockHandle handle = this.locks.acquire(SPEC.withMaxHoldTime(Duration.ofMillis(50)));
		assertThat(lost("max_hold_time")).as("before").isZero();
		Awaitility.await().until(() -> lost("max_hold_time") == 1);
		assertThat(handle.state()).isEqualTo(LockState.LOST);
		handle.close();
		assertThat(held("order").count()).isOne();
		assertThat(held("order").max(TimeUnit.MILLISECONDS)).isGreaterThanOrEqualTo(50);
		assertThat(lost("max_hold_time")).isOne();
	}

	@Test
	void eachCauseIsZeroBeforeAnythingIsLost() throws InterruptedException {
		this.locks.acquire(SPEC).close();
		assertThat(this.meters.find("coordination.lock.lost").counters()).hasSize(LockLost.Cause.values().length)
			.allSatisfy((counter) -> assertThat(counter.count()).isZero());
		assertThat(this.meters.find("coordination.lock.lost").tag("cause", "not_renewed").counter()).isNotNull();
	}

	@Test
	void labelsThatAreTooManyAreCountedTogether(CapturedOutput output) {
		for (int i = 0; i < LockMeters.MAX_LABELS + 100; i++) {
			this.listener.accept(new LockReleased("order:" + i, "order:" + i, 7, Duration.ofSeconds(1)));
		}
		this.listener.accept(new LockReleased("order:0", "order:0", 7, Duration.ofSeconds(1)));
		assertThat(this.meters.find("coordination.lock.hold").timers()).hasSize(LockMeters.MAX_LABELS + 1);
		assertThat(held("other").count()).isEqualTo(100);
		assertThat(held("order:0").count()).isEqualTo(2);
		assertThat(output.getOut().split("Locks have more than 1000 labels", -1)).hasSize(2);
		assertThat(output).contains("but there is 'order:1000'");
	}

	@Test
	void eachOfSeveralLocksIsCounted() throws InterruptedException {
		this.locks
			.acquire(LockSpec.ofAll("order:1", "order:2", "stock:1").withLabel("order").withLabel("stock:1", "stock"))
			.close();
		assertThat(acquired("order", "acquired").count()).isEqualTo(2);
		assertThat(acquired("stock", "acquired").count()).isOne();
		assertThat(held("order").count()).isEqualTo(2);
	}

	@Test
	void anApplicationHasNoMoreThanWhatIsDocumented() throws InterruptedException {
		aBusyLockIsCountedAsBusy();
		aLossIsCountedAndEndsTheHold();
		assertThat(this.meters.getMeters()).extracting((meter) -> meter.getId().getName())
			.containsOnly(Arrays.stream(LockMeter.values()).map(LockMeter::getName).toArray(String[]::new));
		for (LockMeter documented : LockMeter.values()) {
			List<String> tags = Arrays.stream(documented.getKeyNames()).map(KeyName::asString).sorted().toList();
			assertThat(this.meters.find(documented.getName()).meters()).isNotEmpty().allSatisfy((meter) -> {
				assertThat(meter.getId().getTags()).extracting(Tag::getKey).isEqualTo(tags);
				assertThat(meter.getId().getType()).isEqualTo(documented.getType());
				assertThat(meter.getId().getDescription()).isNotBlank();
			});
		}
		assertThat(
				this.meters.getMeters().stream().map(Meter::getId).map(Meter.Id::getTags).collect(Collectors.toSet()))
			.asString()
			.doesNotContain("42");
	}

	private Timer acquired(String label, String outcome) {
		return this.meters.timer("coordination.lock.acquire", "lock", label, "outcome", outcome);
	}

	private Timer held(String label) {
		return this.meters.timer("coordination.lock.hold", "lock", label);
	}

	private double lost(String cause) {
		return this.meters.counter("coordination.lock.lost", "lock", "order", "cause", cause).count();
	}

}
