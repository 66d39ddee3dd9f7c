package io.coordination.observation;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

import io.coordination.lock.event.LockLost.Cause;
import io.coordination.observation.LockMeter.Outcome;
import io.coordination.observation.LockMeter.Tag;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * The meters of one label.
 */
final class LabelMeters {

	private final MeterRegistry registry;

	private final String label;

	private final Map<Outcome, Timer> acquire = new ConcurrentHashMap<>();

	private final Timer hold;

	private final Map<Cause, Counter> lost = new EnumMap<>(Cause.class);

	LabelMeters(MeterRegistry registry, String label) {
		this.registry = registry;
		this.label = label;
		this.hold = Timer.builder(LockMeter.HOLD.getName())
			.description("How long locks were held")
			.tag(Tag.LOCK.asString(), label)
			.register(registry);
		for (Cause cause : Cause.values()) {
			this.lost.put(cause,
					Counter.builder(LockMeter.LOST.getName())
						.description("Locks that were lost while they were held")
						.tag(Tag.LOCK.asString(), label)
						.tag(Tag.CAUSE.asString(), cause.name().toLowerCase(Locale.ROOT))
						.register(registry));
		}
	}

	Timer acquire(Outcome outcome) {
		Timer known = this.acquire.get(outcome);
		return (known != null) ? known
				: this.acquire.computeIfAbsent(outcome,
						(absent) -> Timer.builder(LockMeter.ACQUIRE.getName())
							.description("How long it took until locks were acquired, or were not")
							.tag(Tag.LOCK.asString(), this.label)
							.tag(Tag.OUTCOME.asString(), absent.asString())
							.register(this.registry));
	}

	Timer hold() {
		return this.hold;
	}

	Counter lost(Cause cause) {
		return Objects.requireNonNull(this.lost.get(cause));
	}

}
