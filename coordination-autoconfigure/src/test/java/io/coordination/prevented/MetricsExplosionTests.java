package io.coordination.prevented;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.coordination.aop.DistributedLock;
import io.coordination.lock.LockHandle;
import io.coordination.observation.LockMetricsAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Metrics with a time series for each thing that was ever locked, until the memory of the
 * application or of the monitoring is full, with the keys of customers in them. The naive
 * aspect has a meter that is tagged by the full name of the lock.
 */
class MetricsExplosionTests {

	private static final int CUSTOMERS = 300;

	private final MeterRegistry meters = new SimpleMeterRegistry();

	@Test
	void aspectMakesAMeterForEachKey() {
		Aspect naive = (call, lock, registry) -> {
			String key = lock.key().isEmpty() ? lock.keys()[0] : lock.key();
			String name = lock.name() + ":" + Aspect.spel(call, key);
			Timer timer = this.meters.timer("lock.hold", "lock", name);
			long since = System.nanoTime();
			try (LockHandle handle = registry.acquire(name)) {
				handle.ensureHeld();
				return call.proceed();
			}
			finally {
				timer.record(Duration.ofNanos(System.nanoTime() - since));
			}
		};
		Locked.run(Locked.aspect(naive), Orders.class, (locked) -> {
			assertThat(metersAfter(CUSTOMERS, locked.service())).hasSize(4 * CUSTOMERS);
			assertThat(valuesOfTags()).anyMatch((value) -> value.contains("jane-7@"));
		});
	}

	@Test
	void libraryMakesMetersForEachNameAndNeverForAKey() {
		ApplicationContextRunner metered = Locked.library()
			.withConfiguration(AutoConfigurations.of(LockMetricsAutoConfiguration.class))
			.withBean(MeterRegistry.class, () -> this.meters);
		Locked.run(metered, Orders.class, (locked) -> {
			Orders orders = locked.service();
			List<Meter.Id> few = metersAfter(1, orders);
			assertThat(metersAfter(CUSTOMERS, orders)).isEqualTo(few);
			assertThat(this.meters.get("coordination.lock.hold").tag("lock", "order").timer().count())
				.isEqualTo(1 + CUSTOMERS);
			assertThat(valuesOfTags()).noneMatch((value) -> value.contains("jane"))
				.contains("order", "account", "stock", Orders.class.getName() + ".nameless");
		});
	}

	private List<Meter.Id> metersAfter(int customers, Orders orders) {
		LongStream.range(0, customers).mapToObj((id) -> "jane-" + id + "@example.com").forEach((customer) -> {
			orders.order(customer);
			orders.nameless(customer);
			orders.several(customer);
			orders.stock(customer);
		});
		return this.meters.getMeters().stream().map(Meter::getId).sorted((one, other) -> {
			int byName = one.getName().compareTo(other.getName());
			return (byName != 0) ? byName : one.getTags().toString().compareTo(other.getTags().toString());
		}).toList();
	}

	private List<String> valuesOfTags() {
		return this.meters.getMeters()
			.stream()
			.flatMap((meter) -> meter.getId().getTags().stream())
			.map(Tag::getValue)
			.distinct()
			.toList();
	}

	static class Orders {

		@DistributedLock(name = "order", key = "#customer")
		public void order(String customer) {
		}

		@DistributedLock(key = "#customer")
		public void nameless(String customer) {
		}

		@DistributedLock(name = "account", keys = { "#customer", "'all'" })
		public void several(String customer) {
		}

		@DistributedLock(name = "stock", key = "#customer")
		public void stock(String customer) {
		}

	}

}
