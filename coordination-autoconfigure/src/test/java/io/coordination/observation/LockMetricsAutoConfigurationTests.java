package io.coordination.observation;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.DistributedLockAutoConfiguration;
import io.coordination.autoconfigure.CoordinationAutoConfiguration;
import io.coordination.lock.LockBackendException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.event.LockEvent;
import io.coordination.lock.event.LockListener;
import io.coordination.memory.MemoryLockAutoConfiguration;
import io.coordination.test.LockTestAutoConfiguration;
import io.coordination.test.LockTestSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The meters as an application gets them.
 */
class LockMetricsAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockMetricsAutoConfiguration.class,
				CoordinationAutoConfiguration.class, MemoryLockAutoConfiguration.class,
				DistributedLockAutoConfiguration.class, LockTestAutoConfiguration.class))
		.withPropertyValues("coordination.backend=memory", "coordination.lock.wait-time=0s")
		.withBean(Stock.class);

	private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

	private final ApplicationContextRunner metered = this.runner.withBean("meters", MeterRegistry.class,
			() -> this.meters);

	@Test
	void whatTheAnnotationLocksIsCounted() {
		this.metered.run((context) -> {
			Stock stock = context.getBean(Stock.class);
			LockTestSupport others = context.getBean(LockTestSupport.class);
			stock.take(1);
			others.holdElsewhere("stock", 2);
			assertThatExceptionOfType(LockNotAcquiredException.class).isThrownBy(() -> stock.take(2));
			others.storeDown();
			assertThatExceptionOfType(LockBackendException.class).isThrownBy(() -> stock.take(3));
			for (String outcome : new String[] { "acquired", "busy", "failed" }) {
				assertThat(this.meters.get("coordination.lock.acquire")
					.tags("lock", "stock", "outcome", outcome)
					.timer()
					.count()).as(outcome).isOne();
			}
			assertThat(this.meters.get("coordination.lock.hold").tag("lock", "stock").timer().count()).isOne();
		});
	}

	@Test
	void nobodyListensWithoutARegistryOfMeters() {
		this.runner.run((context) -> {
			context.getBean(Stock.class).take(1);
			assertThat(context).hasSingleBean(LockRegistry.class).doesNotHaveBean(LockListener.class);
		});
	}

	@Test
	void nobodyListensWhereMetricsAreOff() {
		this.metered.withPropertyValues("coordination.metrics.enabled=false").run((context) -> {
			context.getBean(Stock.class).take(1);
			assertThat(context).doesNotHaveBean(LockListener.class);
			assertThat(this.meters.getMeters()).isEmpty();
		});
	}

	@Test
	void micrometerMayBeMissing() {
		this.runner.withClassLoader(new FilteredClassLoader("io.micrometer.core")).run((context) -> {
			context.getBean(Stock.class).take(1);
			assertThat(context).hasSingleBean(LockRegistry.class).doesNotHaveBean(LockListener.class);
		});
	}

	@Test
	void ofSeveralRegistriesThePrimaryOneIsFed() {
		this.metered.withBean("second", MeterRegistry.class, SimpleMeterRegistry::new)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LockMeters.class));
		this.metered
			.withBean("second", MeterRegistry.class, SimpleMeterRegistry::new,
					(definition) -> definition.setPrimary(true))
			.run((context) -> {
				context.getBean(Stock.class).take(1);
				assertThat(this.meters.getMeters()).isEmpty();
				assertThat(context.getBean(MeterRegistry.class).getMeters()).isNotEmpty();
			});
	}

	@Test
	void theApplicationsOwnTakeTheirPlace() {
		SimpleMeterRegistry own = new SimpleMeterRegistry();
		this.metered.withBean("own", LockMeters.class, () -> new LockMeters(own)).run((context) -> {
			context.getBean(Stock.class).take(1);
			assertThat(context).hasSingleBean(LockMeters.class);
			assertThat(this.meters.getMeters()).isEmpty();
			assertThat(own.getMeters()).isNotEmpty();
		});
	}

	@Test
	void otherListenersAreToldAsWellAndCannotDisturb() {
		StringBuilder told = new StringBuilder();
		this.metered.withBean("broken", LockListener.class, () -> LockMetricsAutoConfigurationTests::fail)
			.withBean("listener", LockListener.class, () -> (event) -> told.append(event.name()).append(' '))
			.run((context) -> {
				context.getBean(Stock.class).take(1);
				assertThat(told).hasToString("stock:1 stock:1 ");
				assertThat(this.meters.get("coordination.lock.hold").tag("lock", "stock").timer().count()).isOne();
			});
	}

	private static void fail(LockEvent event) {
		throw new IllegalStateException("of the listener, told of " + event);
	}

	/** Proxied by another class loader in one test. */
	public static class Stock {

		@DistributedLock(name = "stock", key = "#sku")
		public void take(long sku) {
		}

	}

}
